/**
 * `npm run demo`: a gateway and everything around it on this host, to try it by hand until Ctrl-C.
 * `npm run demo -- --once`: plays one booking, prints one line per step, and exits with 0 only if every step went as it
 * should. Every part is a process of its own.
 * Next: simulators/demo/plant.ts (what runs), simulators/demo/story.ts (the steps), simulators/demo/guide.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { ask, expectStatus, serviceToken, until } from './demo/ask.ts'
import { guide } from './demo/guide.ts'
import { openLobby } from './demo/lobby.ts'
import { lineText, playOnce } from './demo/once.ts'
import { FolderInUse, type Opening, openPlant, type Plant, usualStateDir } from './demo/plant.ts'

type Options = { once: boolean; json: boolean; stateDir?: string }

const readyWithinMs = 20_000
const pageSize = 500

const command = new Command('demo')
  .description('A gateway with simulated machines, a booking platform and a broker, to try by hand until Ctrl-C.')
  .option('--once', 'play one booking, check every step, and end', false)
  .option('--json', 'print lines of JSON', false)
  .option('--state-dir <folder>', 'state and logs; default data/demo, with --once a new temporary folder')
  .action(async (options: Options) => {
    process.exitCode = await (options.once ? once(options) : stay(options))
  })

let opening: Opening | undefined
const onOpen = (opened: Opening) => {
  opening = opened
}
process.on('exit', () => opening?.kill())
const stop = stopSignal()

async function once({ json, stateDir }: Options): Promise<number> {
  const folder = stateDir === undefined ? temporaryFolder() : resolve(stateDir)
  const good = await playOnce({
    stateDir: folder,
    stop,
    say: (line) => say(json ? JSON.stringify(line) : lineText(line)),
    onOpen,
  })
  if (stateDir === undefined && good) rmSync(folder, { recursive: true, force: true })
  else if (!good && opening) complain(`state and logs are in ${folder}`)
  return good ? 0 : 1
}

async function stay({ json, stateDir }: Options): Promise<number> {
  try {
    const opened = openSomewhere(stateDir)
    onOpen(opened)
    if (!json) say('Starting; this takes a few seconds.')
    const stopped = new Promise<never>((_resolve, reject) =>
      stop.addEventListener('abort', () => reject(stop.reason), { once: true }),
    )
    const orEnd = <T>(work: Promise<T>) => Promise.race([work, opened.broken, stopped])
    const plant = await orEnd(opened.plant)
    await orEnd(settle(plant))
    const { gateway: _, ...facts } = plant
    const lobby = await openLobby(plant)
    stop.addEventListener('abort', lobby.close, { once: true })
    say(json ? JSON.stringify({ ready: true, lobby: lobby.url, ...facts }) : guide(plant, lobby.url))
    return await orEnd(new Promise<never>(() => undefined))
  } catch (error) {
    if (stop.aborted) return 0
    complain(error instanceof Error ? error.message : String(error))
    return 1
  } finally {
    if (!json && opening) say('Ending everything.')
    await opening?.close()
  }
}

/** Opens the plant in the usual folder, or in a temporary one when a demo already runs there. */
function openSomewhere(stateDir: string | undefined): Opening {
  const open = (folder: string) => openPlant({ stateDir: folder, autoStart: true, onBroker: async () => undefined })
  if (stateDir !== undefined) return open(resolve(stateDir))
  try {
    return open(usualStateDir)
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error
    const folder = temporaryFolder()
    complain(`${error.message}; this one runs in ${folder}`)
    return open(folder)
  }
}

/** Waits until every machine is known, and cancels the bookings of an earlier demo, so that every machine is free. */
async function settle({ api, platform }: Plant): Promise<void> {
  type Ready = { ready?: boolean; machines?: { unknown: number } }
  const health = async () => (await ask('GET', `${api}/health/ready`)).body as Ready
  const known = ({ ready, machines }: Ready) => ready === true && machines?.unknown === 0
  await until('every machine to be known', readyWithinMs, health, known)
  const url = `${api}/v1/bookings?limit=${pageSize}`
  const body = await expectStatus(200, 'the API', ask('GET', url, { token: await serviceToken(platform) }))
  const { bookings } = body as { bookings: { id: string; status: string }[] }
  const open = bookings.filter(({ status }) => status === 'held' || status === 'used')
  await Promise.all(open.map(({ id }) => ask('DELETE', `${platform}/bookings/${encodeURIComponent(id)}`)))
}

/** Aborts at the first signal; the second one exits at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1)
      controller.abort(new Error(`ended by ${signal}`))
    })
  return controller.signal
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'latchkey-demo-'))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}

await command.parseAsync()
