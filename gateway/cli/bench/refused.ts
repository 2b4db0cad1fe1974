/** What a command of the bench cannot do, in one line for the person who asked. */
import { GatewayError } from '../../core/ground/failure.ts'

export function refused(message: string): GatewayError {
  return new GatewayError('link', 'bench', message)
}
