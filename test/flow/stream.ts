/** A reader of server-sent events: what came since it was last asked. Messages without data only move the id. */

export type Message = { readonly id: number; readonly event: string; readonly data: unknown }
export type Stream = { take(): Message[]; close(): void }

export async function openStream(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Stream> {
  const ended = new AbortController()
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...headers },
    signal: ended.signal,
  })
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  let messages: Message[] = []
  let text = ''
  const decoder = new TextDecoder()
  const pump = async () => {
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      messages.push(...blocks.flatMap(parsed))
    }
  }
  pump().catch(() => undefined)
  return {
    take() {
      const taken = messages
      messages = []
      return taken
    },
    close: () => ended.abort(),
  }
}

function parsed(block: string): Message[] {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart())
  }
  const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')]
  return id === undefined || data === undefined || data === ''
    ? []
    : [{ id: Number.parseInt(id, 10), event: event ?? 'message', data: JSON.parse(data) }]
}
