/** The schema of what bounds queues, waits and retries. Read next: site-schema.ts. */
import Type from 'typebox'
import { closed, duration } from './field.ts'

export const bounds = Type.Optional(
  Type.Object(
    {
      ticksPerSecond: Type.Optional(
        Type.Integer({ minimum: 2, maximum: 100, default: 20, description: 'Shared ticks in which polls start.' }),
      ),
      commitEvery: Type.Optional(
        duration('How often the results of polls are committed together; commands commit at once.', '250ms', {
          longest: '5s',
        }),
      ),
      maxPending: Type.Optional(
        Type.Integer({
          minimum: 100,
          maximum: 1_000_000,
          default: 20_000,
          description: 'Changes waiting for the ledger; more end the process.',
        }),
      ),
      ledgerTimeout: Type.Optional(
        duration(
          'Longest wait for a commit to be durable. After that the process ends, and every permission lapses.',
          '30s',
          {
            shortest: '1s',
            longest: '10m',
          },
        ),
      ),
      samples: Type.Optional(
        Type.Integer({
          minimum: 1000,
          maximum: 100_000_000,
          default: 200_000,
          description:
            'Samples kept on disk for each sink that is away, 32 bytes each; of more the oldest are dropped and counted. Up to ten files hold them and an eighth more, each with a list of all signals.',
        }),
      ),
      samplesMaxAge: Type.Optional(
        duration('Samples that have waited longer for a sink are dropped and counted.', '1d', {
          shortest: '10s',
          longest: '30d',
        }),
      ),
      samplesInMemory: Type.Optional(
        Type.Integer({
          minimum: 1024,
          maximum: 16_777_216,
          default: 65_536,
          description:
            'Samples that wait in memory, 32 bytes each: between two threads, and for each sink. Of more the oldest go to disk, or are dropped and counted.',
        }),
      ),
      trends: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 100_000,
          default: 2_000,
          description:
            'Signals of which the last week is kept in memory for the charts of the pages, 3.5 kB each; of further ones nothing is.',
        }),
      ),
      youngMb: Type.Optional(
        Type.Integer({
          minimum: 3,
          maximum: 192,
          description:
            'Memory for what is new in each thread beside the first, MB: more of it costs less time. Without it 24 for up to 20 machines, and 48 for more.',
        }),
      ),
      oldMb: Type.Optional(
        Type.Integer({
          minimum: 128,
          maximum: 65_536,
          description:
            'Memory for what stays in each thread beside the first, MB. A thread that needs more ends the gateway; below 2048, the less it is the sooner what is not needed any more is given up. Without it 512 for up to 20 machines, and what Node takes for more.',
        }),
      ),
      sampleEvery: Type.Optional(
        duration('How often an unchanged signal is sampled again.', '60s', { shortest: '1s' }),
      ),
      backlogPerSecond: Type.Optional(
        Type.Integer({
          minimum: 100,
          maximum: 1_000_000,
          default: 5_000,
          description:
            'Entries, and samples, that a sink which has fallen behind is sent per second. Live values go before them.',
        }),
      ),
      reconnectMax: Type.Optional(
        duration('Longest wait between two tries to reach a link or a sink.', '30s', {
          shortest: '1s',
          longest: '10m',
        }),
      ),
      flapsPerHour: Type.Optional(
        Type.Integer({
          minimum: 2,
          maximum: 3600,
          default: 20,
          description:
            'Losses and returns of one link, and changes of the availability of one machine to and from Unknown, that are recorded at once and in each hour. Further ones are counted in the next entry. Also how often one note of health that comes and goes is logged.',
        }),
      ),
      benchPerMinute: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 60_000,
          default: 1200,
          description:
            'Blocks of registers that people at the bench may read in a minute through a running gateway, of one link.',
        }),
      ),
      maxOverride: Type.Optional(duration('Longest override.', '8h', { shortest: '1m' })),
      maxBookings: Type.Optional(
        Type.Integer({
          minimum: 10,
          maximum: 1_000_000,
          default: 10_000,
          description: 'Most bookings held that have not ended.',
        }),
      ),
      maxBlocks: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 100,
          description: 'Most blocks of the owner held for one machine.',
        }),
      ),
      maxSubscriptions: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 1_000,
          description: 'Most calendar addresses at which bookings are read.',
        }),
      ),
      maxReports: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 200,
          default: 50,
          description: 'Most open reports of one machine: what people say is wrong with it.',
        }),
      ),
      photosMb: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 512,
          description: 'Most MiB that photos in reports take on disk; with more a photo is refused.',
        }),
      ),
      photosKeep: Type.Optional(
        duration('How long photos are kept. Their hashes stay in the ledger.', '365d', {
          shortest: '1d',
          longest: '3650d',
        }),
      ),
      checkpointEvery: Type.Optional(
        duration('The ledger is signed at least this often when it grew, and after each session and acceptance.', '5m'),
      ),
      retentionYears: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          default: 10,
          description:
            'Years the ledger must hold. `latchkey check`, the log and /health/ready report a disk that is too small for them; nothing is ever deleted.',
        }),
      ),
      diskReserve: Type.Optional(
        Type.Integer({
          minimum: 1_048_576,
          default: 134_217_728,
          description: 'Bytes that must be free on the disk of dataDir; below that there is no new unlock.',
        }),
      ),
      memoryReserve: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 1_099_511_627_776,
          default: 33_554_432,
          description: 'Bytes of memory that must be left for the gateway; below that no session begins.',
        }),
      ),
      handleReserve: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 1_000_000,
          default: 64,
          description: 'Handles (files and connections) that must be left to open; below that no session begins.',
        }),
      ),
      loopDelay: Type.Optional(
        duration(
          'No session begins after the thread that keeps the leases was later than this, twice in a row.',
          '2s',
          {
            shortest: '100ms',
            longest: '10m',
          },
        ),
      ),
      wellFor: Type.Optional(
        duration('How long memory, handles and time must have been enough before sessions begin again.', '10s', {
          shortest: '1s',
          longest: '1h',
        }),
      ),
    },
    { ...closed, default: {}, description: 'Bounds of queues, waits and retries.' },
  ),
)
