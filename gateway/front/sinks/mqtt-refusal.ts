/**
 * What a broker, or the way to it, means by a refusal: wait, stop and what a person has to change, or one bad message.
 * Pure.
 */
import { SinkError } from './sink.ts'

/** CONNACK and PUBACK codes that waiting does not help: MQTT 3.1.1 §3.2.2.3, MQTT 5 §2.4. */
const STOP_CODES: Readonly<Record<number, string>> = {
  1: 'the broker does not speak this version of MQTT; set mqtt.version',
  2: 'the broker refuses the client id; set mqtt.clientId',
  4: 'the broker refuses user name or password; check mqtt.username and mqtt.password',
  5: 'the broker does not let this client in or publish; check its access list',
  130: 'the broker found a protocol error; set mqtt.version',
  132: 'the broker does not speak MQTT 5; set mqtt.version to 4',
  133: 'the broker refuses the client id; set mqtt.clientId',
  134: 'the broker refuses user name or password; check mqtt.username and mqtt.password',
  135: 'the broker does not let this client in or publish; check its access list',
  138: 'the broker has banned this client',
  140: 'the broker wants another way of authentication',
  142: 'another client took over with the same id; give each gateway its own mqtt.clientId',
  154: 'the broker keeps no retained messages; switch them on, or set mqtt.publish to unretained',
  155: 'the broker takes no QoS 1; switch it on',
  156: 'the broker sends to another server; change mqtt.url',
  157: 'the broker has moved; change mqtt.url',
}
const NOT_AUTHORIZED = 135
/** About one message only: topic, size, payload. */
const BAD_CODES: ReadonlySet<number> = new Set([144, 149, 153])

const TLS_CODES =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH)/

const UNREACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing accepts connections there; correct mqtt.url, or start the broker',
  ENOTFOUND: 'this host name is not known; correct mqtt.url, or the name server',
}

/** What an error of the client means. */
export function refusal(error: Error & { code?: unknown }): SinkError {
  const { code } = error
  if (typeof code === 'number') return refusalOf(code, error.message, error)
  if (typeof code === 'string' && TLS_CODES.test(code)) {
    const text = `no TLS with the broker (${code}); check mqtt.ca, and scheme, name and port in mqtt.url`
    return new SinkError('stop', text, { cause: error })
  }
  const advice = UNREACHED[String(code)]
  const text = error.message || String(code)
  return new SinkError('wait', advice === undefined ? text : `${text}: ${advice}`, { cause: error })
}

/** The same of a publish. A person has to know on which topic, and what the broker wants of whom. */
export function publishRefusal(topic: string, code: number, said: string): SinkError {
  const { action, message } = refusalOf(code, said)
  const rule = code === NOT_AUTHORIZED ? `; mosquitto wants "topic write ${topic}" in its acl_file` : ''
  return new SinkError(action, `${topic}: ${message}${rule}`)
}

/** What a reason code of the broker means. */
export function refusalOf(code: number, message: string, cause?: Error): SinkError {
  const advice = STOP_CODES[code]
  if (advice !== undefined) return new SinkError('stop', `${advice} (${code})`, { cause })
  return new SinkError(BAD_CODES.has(code) ? 'bad' : 'wait', `${message} (${code})`, { cause })
}
