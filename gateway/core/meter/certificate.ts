/** The certificate of a calibration, as people name it. Read next: people/services.ts (how it is recorded). */

/** `day`: YYYY-MM-DD, at the site. */
export type Certificate = { readonly number: string; readonly day: string }
