/**
 * What the week of a furniture cluster rests on. Nothing here is measured: each figure has a name, so that a reader can
 * put another one in its place and play the week again. The report repeats them, and says which figure rests on which.
 */

/** A kind of machine, as the centre has it and as a small firm buys it. */
export const kinds = ['saw', 'bander', 'booth'] as const
export type Kind = (typeof kinds)[number]

/** With sharing the firms use the machines of the centre; without it each has its own. */
export const worlds = ['shared', 'own'] as const
export type World = (typeof worlds)[number]

export type Model = {
  /** From one piece to the next, s. */
  readonly cycleS: number
  /** Before the first piece: tools, colours, a first sample. */
  readonly setUpMinutes: number
  /** After the last piece. */
  readonly cleanMinutes: number
  readonly readyW: number
  readonly workingW: number
  /** CNY, installed, with its dust extraction or exhaust air cleaning. */
  readonly price: number
  /** m², with the room around it. */
  readonly floor: number
}

export type Assumptions = {
  readonly firms: number
  /** Orders of a firm in the week, on average; a few firms have most of them. */
  readonly ordersPerFirm: number
  /** Pieces of an order. */
  readonly pieces: { readonly least: number; readonly most: number }
  /** Of the pieces that are cut, how many get edges, and of the orders, how many are sprayed. */
  readonly edged: number
  readonly sprayed: number
  /** Machines of the centre. */
  readonly centre: Readonly<Record<Kind, number>>
  readonly models: Readonly<Record<World, Readonly<Record<Kind, Model>>>>
  /** Hours of the local clock, Monday to Saturday. */
  readonly open: Readonly<Record<World, { readonly from: number; readonly to: number }>>
  /** To the centre with the material, and back. Nobody pays it a machine. */
  readonly transportMinutes: number
  /** Of the bookings at the centre. */
  readonly noShow: number
  readonly cancelled: number
  /** Of the runs: somebody presses the emergency stop, and the tenant goes on later. */
  readonly stopped: number
  /** Of the firms, how many are no members and pay the price for outsiders. */
  readonly outside: number
}

export const assumptions: Assumptions = {
  firms: 40,
  ordersPerFirm: 3,
  pieces: { least: 8, most: 60 },
  edged: 0.7,
  sprayed: 0.6,
  centre: { saw: 2, bander: 2, booth: 3 },
  models: {
    shared: {
      saw: { cycleS: 20, setUpMinutes: 6, cleanMinutes: 3, readyW: 900, workingW: 14_000, price: 260_000, floor: 70 },
      bander: { cycleS: 24, setUpMinutes: 9, cleanMinutes: 4, readyW: 2200, workingW: 9500, price: 190_000, floor: 45 },
      booth: {
        cycleS: 100,
        setUpMinutes: 15,
        cleanMinutes: 12,
        readyW: 3500,
        workingW: 21_000,
        price: 620_000,
        floor: 110,
      },
    },
    own: {
      saw: { cycleS: 50, setUpMinutes: 12, cleanMinutes: 5, readyW: 300, workingW: 4500, price: 26_000, floor: 22 },
      bander: { cycleS: 65, setUpMinutes: 18, cleanMinutes: 6, readyW: 900, workingW: 3800, price: 42_000, floor: 14 },
      booth: {
        cycleS: 170,
        setUpMinutes: 25,
        cleanMinutes: 20,
        readyW: 1200,
        workingW: 8500,
        price: 150_000,
        floor: 32,
      },
    },
  },
  open: { shared: { from: 7, to: 21 }, own: { from: 8, to: 18 } },
  transportMinutes: 40,
  noShow: 0.02,
  cancelled: 0.03,
  stopped: 0.02,
  outside: 0.15,
}

/** By how many percent sharing lowers each, as the furniture cluster of Nankang says of itself (2022). */
export const claims = { capital: 50, floor: 20, preparation: 50 } as const
