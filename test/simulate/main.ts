/** `npm run simulate`: generated lives of a machine (access.ts), or with `week` the week of a cluster (week.ts). */
await import(process.argv[2] === 'week' ? './week.ts' : './access.ts')
