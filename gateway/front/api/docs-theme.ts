/** How the page at /docs looks: our own sign, and no field to open other descriptions with. Read next: docs.ts. */

/** A latch and a keyhole. */
const SIGN = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="40" height="40">
<rect x="8" y="20" width="48" height="36" rx="6" fill="#e8eef4"/>
<path d="M20 20v-4a12 12 0 0 1 24 0v4" fill="none" stroke="#e8eef4" stroke-width="6"/>
<circle cx="32" cy="35" r="6" fill="#16324f"/><path d="M29 38h6l2 11H27z" fill="#16324f"/>
</svg>`

const CSS = `.swagger-ui .topbar { background: #16324f; padding: 6px 0 }
.swagger-ui .topbar .download-url-wrapper { display: none }`

export const logo = { type: 'image/svg+xml', content: SIGN, href: '/docs', target: '_self' } as const

export const theme = {
  title: 'Latchkey',
  css: [{ filename: 'latchkey.css', content: CSS }],
  favicon: [{ filename: 'latchkey.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: SIGN }],
}
