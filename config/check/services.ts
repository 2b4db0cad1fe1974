/**
 * What no schema can say about services: each is due by something, and its meter is there and counts in its unit. Pure.
 * Read next: gateway/core/people/services.ts.
 */
import type { ConfigDocument } from '../document/document.ts'
import type { Profiles, SiteDraft } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { measureOf } from '../document/tariff.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import { metersOf } from './tariff.ts'

/** A site with other faults is not judged. */
export function checkServices(document: ConfigDocument, draft: SiteDraft, profiles: Profiles): void {
  if (document.faults.length > 0) return
  for (const [machine, { services = {} }] of Object.entries((draft as SiteFile).machines)) {
    const meters = metersOf(draft as SiteFile, machine, profiles)
    for (const [name, { meter, every, days, overdue, certifies }] of Object.entries(services)) {
      const path = ['machines', machine, 'services', name]
      if ((meter === undefined) !== (every === undefined) || (every === undefined && days === undefined))
        document.fault(
          path,
          'service-unclear',
          'it is due by nothing',
          'write meter and every, or days, or all of them',
        )
      else if (meter !== undefined && !meters.has(meter))
        document.fault(
          [...path, 'meter'],
          'service-unclear',
          `the machine has no meter ${meter}`,
          suggest(meter, [...meters.keys()]),
        )
      else if (certifies !== undefined && !meters.has(certifies))
        document.fault(
          [...path, 'certifies'],
          'service-unclear',
          `the machine has no meter ${certifies}`,
          suggest(certifies, [...meters.keys()]),
        )
      else if (certifies !== undefined && days === undefined)
        document.fault([...path, 'certifies'], 'service-unclear', 'nothing says when it ends', 'write days')
      else if (overdue !== undefined && lacks(overdue, { every, days }))
        document.fault(
          [...path, 'overdue'],
          'service-unclear',
          'it is never overdue, or by what it is never due',
          'write every or days, as the service has them',
        )
      else if (overdue?.every !== undefined && measureOf(overdue.every) !== measureOf(every!))
        document.fault(
          [...path, 'overdue', 'every'],
          'service-unclear',
          `${meter} counts ${meters.get(meter!)}`,
          'use its unit',
        )
      else if (meter !== undefined && (measureOf(every!) ?? meters.get(meter)) !== meters.get(meter))
        document.fault([...path, 'every'], 'service-unclear', `${meter} counts ${meters.get(meter)}`, 'use its unit')
    }
  }
}

type By = { readonly every?: string | undefined; readonly days?: number | undefined }

/** Whether it is late by nothing, or by what it is not due by. */
const lacks = (late: By, due: By) =>
  (late.every === undefined && late.days === undefined) ||
  (late.every !== undefined && due.every === undefined) ||
  (late.days !== undefined && due.days === undefined)
