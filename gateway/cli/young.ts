/**
 * How much memory the first thread may take for what is new. V8 takes a bound for it on the command line of Node alone.
 * Without one it lets it grow to more than 100 MB, which buys nothing: what a poll makes is gone with the next. What it
 * does read as it goes is by how much that memory grows, so it may grow up to the bound and no further. The other
 * threads have bounds of their own, and do not grow either from then on. Read next: control/threads.ts.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** From here on it does not grow. It grows by doubling, so it ends below twice as much. */
const MOST_BYTES = 6 * 2 ** 20
const LOOK_MS = 500

export function boundYoung(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    if (young !== undefined && young.space_size < MOST_BYTES) return
    clearInterval(timer)
    setFlagsFromString('--semi-space-growth-factor=1')
  }, LOOK_MS)
  timer.unref()
}
