/** The committed pages are those that the sources make; else run node gateway/front/console/build.ts. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { BUILT, buildConsole } from '../../../gateway/front/console/build.ts'

let fresh: ReadonlyMap<string, string>
beforeAll(async () => {
  fresh = await buildConsole()
})

describe('the pages as they are committed', () => {
  it('are those that the sources make; else run node gateway/front/console/build.ts', () => {
    const committed = readdirSync(BUILT, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(BUILT.length + 1))
    expect(committed.toSorted()).toEqual([...fresh.keys()].toSorted())
    for (const name of committed) expect(readFileSync(join(BUILT, name), 'utf8') === fresh.get(name), name).toBe(true)
  })

  it('have no script or style in the document, and name no other host', () => {
    const page = fresh.get('index.html')!
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
    for (const [name, text] of fresh)
      expect(
        [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([url]) => url).filter((url) => url !== 'http://www.w3.org'),
        name,
      ).toEqual([])
  })
})
