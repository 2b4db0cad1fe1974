/** A thread that plays one world. */
import { parentPort, workerData } from 'node:worker_threads'
import type { World } from './assumptions.ts'
import { playWorld, type Week } from './play.ts'

const { folder, world, week } = workerData as { readonly folder: string; readonly world: World; readonly week: Week }
playWorld(folder, world, week, (day) => parentPort!.postMessage(`${world}: day ${day} of ${week.days}`))
