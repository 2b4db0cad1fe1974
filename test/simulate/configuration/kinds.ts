/**
 * A hundred kinds of change that people make of a site: of meters, of machines, of what is around them. Each is one
 * name and one edit of plain data. Read next: kinds-meters.ts, kinds-machines.ts, kinds-site.ts.
 */
import type { Kind } from './draft.ts'
import { machineKinds } from './kinds-machines.ts'
import { meterKinds } from './kinds-meters.ts'
import { siteKinds } from './kinds-site.ts'

export const kinds: readonly Kind[] = [
  ...Object.entries(meterKinds).map(([name, edit]) => ({ name: `meter: ${name}`, edit })),
  ...Object.entries(machineKinds).map(([name, edit]) => ({ name: `machine: ${name}`, edit })),
  ...siteKinds.map(([name, edit, refused]) => ({
    name: `site: ${name}`,
    edit,
    ...(refused === undefined ? {} : { refused }),
  })),
]
