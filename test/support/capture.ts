/** Write requests on the way to a Modbus port, seen by tshark on the wire rather than told by anybody who is judged. */
import { startProcess, type TestProcess, until } from './process.ts'
import { pause } from './proof.ts'
import { commandPath } from './real.ts'

/** A line for each write request; undefined where no packets can be captured. */
export async function startCapture(port: number): Promise<TestProcess | undefined> {
  const filter = 'modbus.func_code == 5 || modbus.func_code == 6 || modbus.func_code == 15 || modbus.func_code == 16'
  const args = ['-i', 'lo', '-l', '-f', `tcp dst port ${port}`, '-d', `tcp.port==${port},mbtcp`, '-Y', filter]
  let capture: TestProcess
  try {
    capture = startProcess(commandPath('tshark'), [...args, '-T', 'fields', '-E', 'header=n', '-e', 'frame.number'])
  } catch {
    return undefined
  }
  let ended = false
  void capture.exited.then(() => {
    ended = true
  })
  await until(() => ended || capture.output().includes('Capturing on'), 10_000, 'tshark does not capture')
  await pause(500)
  return ended ? undefined : capture
}

export function countFrames(capture: TestProcess | undefined): number {
  return capture === undefined
    ? 0
    : capture
        .output()
        .split('\n')
        .filter((line) => /^\d+$/.test(line)).length
}
