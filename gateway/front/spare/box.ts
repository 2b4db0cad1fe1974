/** What does not change of a box while it stands by. Read next: answer.ts. */
export type Box = {
  readonly site: string
  readonly version: string
  readonly instance: string
  readonly configurationId: string
}
