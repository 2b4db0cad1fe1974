/**
 * `latchkey trust list|approve|reject|renew`: certificates of the links of a site. Shows what is wrong with each and
 * what to do, and lets a person say whom the gateway trusts. A running gateway notices within seconds; nothing is
 * restarted. Read next: adapters/opcua/desk.ts.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { LinkError, type TrustDesk } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { LinkConfig, SiteConfig } from '../../config/site.ts'
import { linkFolder } from '../control/host/data-dir.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { LinkTrust, TrustItem } from '../core/ground/trust.ts'
import { type Io, withSite } from './site.ts'

export type TrustTask =
  | { readonly do: 'list'; readonly json: boolean; readonly link?: string }
  | { readonly do: 'approve'; readonly link: string; readonly which: string; readonly despite: readonly string[] }
  | { readonly do: 'reject'; readonly link: string; readonly which: string }
  | { readonly do: 'renew'; readonly link: string }

/** The exit code: 0 done, 1 not. */
export function trustCommand(sitePath: string, task: TrustTask, io: Io): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    try {
      io.stdout.write(`${await answer(task, config)}\n`)
      return 0
    } catch (error) {
      if (!(error instanceof LinkError)) throw error
      io.stderr.write(`${error.message}\n`)
      return 1
    }
  })
}

async function answer(task: TrustTask, config: SiteConfig): Promise<string> {
  if (task.do === 'list') {
    const links = config.links.filter(({ id }) => task.link === undefined || id === task.link)
    const reports: (LinkTrust | undefined)[] = []
    for (const link of links) reports.push(await reportOf(link, config))
    const found = reports.filter((report) => report !== undefined)
    if (task.json) return JSON.stringify(found, null, 2)
    return found.length === 0 ? 'No link of this site uses certificates.' : found.map(reportText).join('\n\n')
  }
  const link = config.links.find(({ id }) => id === task.link)
  const desk = link && (await deskOf(link))
  if (desk === undefined)
    throw new GatewayError('config', 'trust', `there is no link "${task.link}" that uses certificates`)
  const folder = folderOf(config, task.link)
  switch (task.do) {
    case 'approve': {
      const which = existsSync(task.which) ? readFileSync(task.which) : task.which
      return `${desk.approve(folder, which, task.despite)} is trusted now. The link tries again within seconds.`
    }
    case 'reject':
      return `${desk.reject(folder, task.which)} is refused from now on. A connection to it ends within seconds.`
    case 'renew':
      return `${await desk.renew(folder)} is new. Trust it on the server: the next connection uses it.`
  }
}

async function reportOf(link: LinkConfig, config: SiteConfig): Promise<LinkTrust | undefined> {
  const desk = await deskOf(link)
  return desk && { link: link.id, ...(await desk.list(link.options, folderOf(config, link.id), Date.now())) }
}

async function deskOf({ protocol }: LinkConfig): Promise<TrustDesk | undefined> {
  return protocols[protocol].trust?.()
}

function folderOf({ dataDir }: SiteConfig, link: string): string {
  const folder = linkFolder(dataDir, link)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

const OURS = {
  accepted: 'the server accepted our certificate',
  refused: 'the server refused our certificate: trust the file of `own` on the server',
} as const

function reportText({ link, items, ours, applicationUri, namedEndpoint }: LinkTrust): string {
  const said = [
    ours === undefined ? 'the server has not said yet what it thinks of our certificate' : OURS[ours],
    ...(applicationUri === undefined ? [] : [`the server calls itself ${applicationUri}`]),
    ...(namedEndpoint === undefined ? [] : [`the server says that it is at ${namedEndpoint}; the site file counts`]),
  ]
  return [`link ${link}`, ...said.map((line) => `  ${line}`), ...items.map(itemText)].join('\n')
}

function itemText({
  place,
  subject,
  thumbprint,
  fromMs,
  toMs,
  applicationUri,
  hosts,
  file,
  isSeen,
  faults,
}: TrustItem): string {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const lines = [
    `${thumbprint}${isSeen ? ', which the server showed last' : ''}`,
    `subject ${subject}, from ${day(fromMs)} to ${day(toMs)}`,
    `application ${applicationUri ?? 'not named'}, hosts ${hosts.join(', ') || 'none'}`,
    file,
    ...faults.map(({ kind, what, todo }) => `${kind}: it ${what}: ${todo}`),
  ]
  return `  ${place} ${lines.join('\n    ')}`
}
