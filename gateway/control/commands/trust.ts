/**
 * Whom the links trust, for a technician who is not at the host: what is wrong with each certificate, and a person's
 * yes or no to it, which goes into the log. The link itself notices by looking into its folder, as it does after
 * `latchkey trust`. Read next: adapters/opcua/desk.ts, front/api/bench/trust.ts.
 */
import { mkdirSync } from 'node:fs'
import { LinkError, type TrustDesk } from '../../../adapters/adapter.ts'
import { protocols } from '../../../adapters/registry.ts'
import type { LinkConfig, SiteConfig } from '../../../config/site.ts'
import type { Command, TrustChange } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { LinkTrust } from '../../core/ground/trust.ts'
import { linkFolder } from '../host/data-dir.ts'
import type { RecordEntry } from '../journal.ts'

type Deps = { readonly config: SiteConfig; record: RecordEntry; flush(): Promise<void> }

export async function onTrust(
  { principal, change }: Extract<Command, { kind: 'trust' }>,
  deps: Deps,
): Promise<Outcome> {
  // A link may serve machines that a key of some machines is not for.
  if (principal.role !== 'technician' || principal.machines !== undefined) return refused(refuse('forbidden'))
  if (change !== undefined) {
    const why = await put(change, principal.id, deps)
    if (why !== undefined) return refused(refuse('not-found', why))
  }
  const links: LinkTrust[] = []
  for (const link of deps.config.links) {
    const desk = await deskOf(link)
    if (desk === undefined) continue
    links.push({ link: link.id, ...(await desk.list(link.options, folderOf(deps, link), Date.now())) })
  }
  return { kind: 'trust', links }
}

/** Why it was not done; undefined when it was. */
async function put(change: TrustChange, by: string, deps: Deps): Promise<string | undefined> {
  const { link: id, what, thumbprint = '', despite = [], reason } = change
  const link = deps.config.links.find((each) => each.id === id)
  const desk = link && (await deskOf(link))
  if (desk === undefined) return 'the site file has no link of that name that uses certificates'
  try {
    await doTo(desk, folderOf(deps, link!), change)
  } catch (error) {
    if (error instanceof LinkError) return error.message
    throw error
  }
  const about = what === 'renew' ? {} : { thumbprint, ...(despite.length === 0 ? {} : { despite }) }
  deps.record('TrustChanged', { link: id, what, ...about, by, reason })
  await deps.flush()
  return undefined
}

async function doTo(desk: TrustDesk, folder: string, { what, thumbprint = '', despite = [] }: TrustChange) {
  switch (what) {
    case 'approve':
      return desk.approve(folder, thumbprint, despite)
    case 'reject':
      return desk.reject(folder, thumbprint)
    case 'renew':
      return desk.renew(folder)
  }
}

async function deskOf({ protocol }: LinkConfig): Promise<TrustDesk | undefined> {
  return protocols[protocol].trust?.()
}

function folderOf({ config }: Deps, { id }: LinkConfig): string {
  const folder = linkFolder(config.dataDir, id)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
