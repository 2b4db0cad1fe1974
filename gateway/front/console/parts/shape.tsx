/** A state as a shape, which says it without colour. It stands beside its word and is never alone. */
import type { Shape } from '../model/state.ts'

export function ShapeMark({ shape }: { readonly shape: Shape }) {
  return (
    <svg class="shape" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {drawn[shape]}
    </svg>
  )
}

const drawn: Readonly<Record<Shape, preact.JSX.Element>> = {
  ring: <circle cx="12" cy="12" r="8.5" class="line" />,
  disc: <circle cx="12" cy="12" r="9.5" class="fill" />,
  half: (
    <>
      <circle cx="12" cy="12" r="8.5" class="line" />
      <path d="M12 3.5a8.5 8.5 0 0 1 0 17z" class="fill" />
    </>
  ),
  rising: (
    <>
      <circle cx="12" cy="12" r="8.5" class="line" />
      <path d="M12 17V8m-4 3.5L12 7.5l4 4" class="line" />
    </>
  ),
  falling: (
    <>
      <circle cx="12" cy="12" r="8.5" class="line" />
      <path d="M12 7v9m-4-3.5 4 4 4-4" class="line" />
    </>
  ),
  square: (
    <>
      <rect x="4" y="4" width="16" height="16" rx="2" class="line" />
      <path d="m8.5 12 2.5 2.5 4.5-5" class="line" />
    </>
  ),
  bar: (
    <>
      <rect x="4" y="4" width="16" height="16" rx="2" class="line" />
      <path d="M8 12h8" class="line" />
    </>
  ),
  triangle: (
    <>
      <path d="M12 3 22 21H2z" class="fill" />
      <path d="M12 9.5v5.5m0 2.2v.3" class="knock" />
    </>
  ),
  dashed: (
    <>
      <circle cx="12" cy="12" r="8.5" class="line dashes" />
      <path d="M9.8 9.7a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.8-1.1 1.6m0 2.6v.2" class="line thin" />
    </>
  ),
}
