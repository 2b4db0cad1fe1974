/** The names of files in the data folder. */
export const LEDGER = 'ledger.sqlite'
/** Private keys of the log; log-key.ts reads them. */
export const LOG_KEY = 'log.key'
/** Keys of people, hashed, as `latchkey keys` writes them. */
export const KEYS = 'keys.json'
/** Held by the one process that may write here. */
export const LOCK = 'lock'
/** Held by the one backup that is under way. */
export const BACKUP_LOCK = 'backup.lock'
/** Of gateways before pseudonyms were random; see control/commands/pseudonyms.ts. */
export const PSEUDONYM_KEY = 'pseudonym.key'
/** There while a restore is under way. */
export const RESTORING = 'restoring'
/** What a box remembers of its pair. */
export const PAIR = 'pair.json'
/** Which data folder this is, for the other box. */
export const PAIR_FOLDER = 'pair-folder'
