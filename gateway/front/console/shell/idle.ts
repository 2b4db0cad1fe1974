/** Signs out when nobody has touched the device for long, since a tablet on the floor is everybody's. */
import type { Desk } from './context.ts'

const LOOK_MS = 5_000

export function watchIdle(desk: Desk): void {
  let touchedAtMs = performance.now()
  for (const event of ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const)
    addEventListener(event, () => (touchedAtMs = performance.now()), { passive: true, capture: true })
  setInterval(() => {
    const viewer = desk.viewer.get()
    if (viewer?.role === undefined || performance.now() - touchedAtMs < viewer.idleMs) return
    // A tenant with a machine that is unlocked has to be able to end; whether it still is, the gateway says.
    if (viewer.booking?.session !== undefined) return void desk.refresh()
    void desk.signOut('idle')
  }, LOOK_MS)
}
