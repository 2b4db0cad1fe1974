/**
 * The part of the browser this page uses, and how elements are made. The gateway is compiled without the DOM's types,
 * so that nothing of it leans on them by accident; what little is needed here is named here. Text goes in as text only.
 */

type Piece = { arrayBuffer(): Promise<ArrayBuffer> }
export type PickedFile = Piece & {
  readonly name: string
  readonly size: number
  slice(from: number, to: number): Piece
}

export type Element = {
  className: string
  disabled: boolean
  lang: string
  value: string
  readonly checked: boolean
  readonly files: ArrayLike<PickedFile> | null
  append(...children: Child[]): void
  replaceChildren(...children: Child[]): void
  setAttribute(name: string, value: string): void
  addEventListener(type: string, listen: (event: DropEvent) => void): void
}
export type Child = Element | string

type DropEvent = {
  preventDefault(): void
  readonly dataTransfer: { readonly files: ArrayLike<PickedFile> } | null
}

type Browser = {
  readonly document: {
    title: string
    readonly documentElement: Element
    createElement(tag: string): Element
    getElementById(id: string): Element | null
  }
  readonly navigator: { readonly language: string }
  setTimeout(run: () => void, ms: number): unknown
}

export const browser = globalThis as unknown as Browser

/** An element of the page, by its id. */
export function byId(id: string): Element {
  const found = browser.document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

export function el(tag: string, className: string, ...children: Child[]): Element {
  const made = browser.document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

export function table(heads: readonly string[], rows: readonly (readonly Child[])[]): Element {
  const cell = (tag: string) => (child: Child) => el(tag, '', child)
  return el(
    'div',
    'wide',
    el(
      'table',
      '',
      el('thead', '', el('tr', '', ...heads.map(cell('th')))),
      el('tbody', '', ...rows.map((row) => el('tr', '', ...row.map(cell('td'))))),
    ),
  )
}

/** Lets the page be drawn. */
export const breathe = () => new Promise<void>((done) => browser.setTimeout(done, 0))
