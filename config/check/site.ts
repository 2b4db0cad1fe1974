/**
 * What no schema can say about the site itself. Faults and notes go to the document of the site file.
 * Reads the key and certificate files that the site names; opens no socket.
 * Read next: api.ts, trust.ts, sinks.ts, links.ts; machine.ts (the machines).
 */
import type { ConfigDocument } from '../document/document.ts'
import { linksOf, type SiteDraft } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { checkApi } from './api.ts'
import { checkLinks } from './links.ts'
import { checkPair } from './pair.ts'
import { checkInflux, checkMqtt, checkSparkplug } from './sinks.ts'
import { checkFeed, checkTrust } from './trust.ts'
import { checkWebhooks } from './webhooks.ts'

/** `folder`: that of the site file. */
export function checkSite(document: ConfigDocument, draft: SiteDraft, folder: string): void {
  checkTimezone(document, draft.timezone)
  checkApi(document, draft, folder)
  checkTrust(document, draft, folder)
  checkFeed(document, draft)
  checkMqtt(document, draft, folder)
  checkSparkplug(document, draft, folder)
  checkInflux(document, draft)
  checkWebhooks(document, draft)
  checkPair(document, draft)
  checkLinks(document, linksOf(draft), folder)
}

function checkTimezone(document: ConfigDocument, zone: string | undefined): void {
  if (zone === undefined) return
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions()
    if (/^[A-Za-z]/.test(timeZone)) return
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  document.fault(['timezone'], 'timezone-unknown', `"${zone}" is not a time zone`, suggestZone(zone))
}

function suggestZone(zone: string): string {
  const advice = suggest(zone, Intl.supportedValuesOf('timeZone'))
  return advice.startsWith('did you mean') ? advice : 'write an IANA name such as Asia/Shanghai or Europe/Berlin'
}
