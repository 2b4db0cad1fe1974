/** The short code and the picture of a machine, as its label and its page show them. Read next: model/label.ts. */
import type { ComponentChildren } from 'preact'
import { labelOf } from '../model/label.ts'

type LabelProps = { readonly site: string; readonly id: string; readonly children?: ComponentChildren }

export function Label({ site, id, children }: LabelProps) {
  const { code, picture } = labelOf(site, id)
  return (
    <figure class="label">
      <svg viewBox="0 0 5 5" role="img" aria-label={code} shape-rendering="crispEdges">
        {picture.flatMap((row, y) =>
          row.map((on, x) => (on ? <rect key={`${x} ${y}`} x={x} y={y} width="1" height="1" /> : null)),
        )}
      </svg>
      <figcaption>
        <strong>{code}</strong>
        {children}
      </figcaption>
    </figure>
  )
}
