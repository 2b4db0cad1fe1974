/** Who hears of a gateway without systemd, or with one that cannot be told. What systemd hears: prove shipping. */
import { afterEach, expect, it, vi } from 'vitest'
import { createSupervisor } from '../../gateway/cli/supervisor.ts'

afterEach(() => vi.unstubAllEnvs())

it('nobody, where nobody listens', () => {
  const failed = vi.fn()
  const supervisor = createSupervisor({ WATCHDOG_USEC: '1000' }, failed)
  supervisor.ready()
  supervisor.stopping()
  expect(failed).not.toHaveBeenCalled()
})

it('a person, once, where the word cannot be sent', async () => {
  vi.stubEnv('PATH', '/nowhere')
  const failed = vi.fn()
  const supervisor = createSupervisor({ NOTIFY_SOCKET: '/nowhere/notify' }, failed)
  supervisor.ready()
  supervisor.stopping()
  await vi.waitFor(() => expect(failed).toHaveBeenCalled())
  expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: 'ENOENT' })]])
})
