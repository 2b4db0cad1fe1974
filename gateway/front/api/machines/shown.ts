/**
 * Machines as they are answered, as text: made anew when what is known of a machine has changed, not for each request.
 * Read next: machine-body.ts (what is shown of a machine, and to whom).
 */
import type { BoardRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { bestName } from '../../../core/ground/language.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Api } from '../api.ts'
import { isFresh } from '../board.ts'
import { tagOf } from '../http/tagged.ts'
import { toMachine, visibleSession } from './machine-body.ts'

/** A body and its tag. The tag covers what is said, not when it was seen to be so. */
export type Shown = { readonly text: string; readonly tag: string }

type Kept = Shown & {
  readonly of: MachineConfig
  readonly row: BoardRow | undefined
  readonly isFresh: boolean
  readonly session: string | undefined
}

type ShownMachines = {
  /** `lang`: each has a title in it. */
  one(machine: MachineConfig, principal: Principal, lang: string | undefined): Shown
  list(machines: readonly MachineConfig[], principal: Principal, lang: string | undefined): Shown
}

export function createShownMachines(api: Api): ShownMachines {
  const { board, clock } = api
  /** The last one of each machine without a session, and with one, in each of its names: so many, and no more. */
  const kept = { without: new Map<string, Kept>(), with: new Map<string, Kept>() }

  function shown(machine: MachineConfig, principal: Principal, lang: string | undefined, nowNs: bigint): Kept {
    const title = lang === undefined ? undefined : bestName(machine.name, lang)
    const key = title === undefined ? machine.id : `${machine.id} ${title}`
    const row = board.row(machine.id)
    const fresh = row !== undefined && isFresh(row, nowNs)
    const session = row && visibleSession(row, api, principal)
    const place = session === undefined ? kept.without : kept.with
    const known = place.get(key)
    if (known?.of === machine && known.row === row && known.isFresh === fresh && known.session === session) return known
    const made = {
      of: machine,
      row,
      isFresh: fresh,
      session,
      ...written(toMachine(machine, row, fresh, session, title)),
    }
    place.set(key, made)
    return made
  }

  return {
    one: (machine, principal, lang) => shown(machine, principal, lang, clock.nowNs()),
    list(machines, principal, lang) {
      const nowNs = clock.nowNs()
      const each = machines.map((machine) => shown(machine, principal, lang, nowNs))
      const text = `{"machines":[${each.map(({ text }) => text).join()}]}`
      return { text, tag: tagOf(each.map(({ tag }) => tag).join()) }
    },
  }
}

function written(view: ReturnType<typeof toMachine>): Shown {
  const { availability } = view
  const { asOf: _, ...said } = availability
  return { text: JSON.stringify(view), tag: tagOf(JSON.stringify({ ...view, availability: said })) }
}
