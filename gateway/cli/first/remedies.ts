/**
 * What each thing is called that the doctor looks at, and what to do when it is not well. Pure.
 * Read next: doctor.ts.
 */
import type { What } from './host-checks.ts'
import type { Said } from './language.ts'

export const names: Readonly<Record<What, Said>> = {
  clock: ['clock', '时钟'],
  disk: ['room on disk', '磁盘空间'],
  fsync: ['what is written stays', '落盘'],
  'file-system': ['file system', '文件系统'],
  rights: ['rights', '文件权限'],
  port: ['port of the API', 'API 端口'],
  certificate: ['certificate of the API', 'API 证书'],
  names: ['names of hosts', '主机名解析'],
  broker: ['broker', 'broker'],
  store: ['store', '数据库'],
  feed: ['feed of bookings', '预约来源'],
  platform: ['keys of the platform', '平台公钥'],
  pair: ['the two boxes of the pair', '两台网关之间'],
}

export const remedies: Readonly<Record<What, Said>> = {
  clock: [
    'Let NTP set the clock (apt-get install systemd-timesyncd), then see latchkey clock.',
    '用 NTP 校时（apt-get install systemd-timesyncd），再运行 latchkey clock 查看。',
  ],
  disk: [
    'Make room, take a larger disk, or shorten bounds.retentionYears.',
    '腾出空间、换更大的磁盘，或缩短 bounds.retentionYears。',
  ],
  fsync: [
    'Put dataDir on a disk that writes when it says so: no cache without a battery, no virtual disk in mode unsafe. Then pull the plug once, and run latchkey check.',
    '把 dataDir 放到真正落盘的磁盘上：不用没有电池的写缓存，虚拟磁盘不用 unsafe 模式。然后真的断一次电，再运行 latchkey check。',
  ],
  'file-system': ['Put dataDir on a local disk (ext4, xfs, btrfs).', '把 dataDir 放到本机磁盘上（ext4、xfs、btrfs）。'],
  rights: [
    'Give the folders to the user of the gateway: chown latchkey, chmod 700 for dataDir.',
    '把目录交给运行网关的用户：chown latchkey，dataDir 用 chmod 700。',
  ],
  port: [
    'Another program has the port, the address is not of this computer, or the port is below 1024: see ss -ltnp, or change api.listen.',
    '端口被别的程序占用，地址不属于本机，或端口小于 1024：用 ss -ltnp 查看，或修改 api.listen。',
  ],
  certificate: [
    'Put a new certificate and its key in place; the gateway takes them without a restart.',
    '换上新的证书和私钥，网关不用重启就会采用。',
  ],
  names: [
    'Correct the name, or the DNS server of this computer (resolvectl status); an address needs no DNS.',
    '改正名称，或本机的 DNS 服务器（resolvectl status）；写 IP 地址则不需要 DNS。',
  ],
  broker: [
    'Compare mqtt in the site file with the broker. The gateway runs without it; entries wait in the ledger.',
    '核对站点文件中的 mqtt 与 broker 设置。没有它网关照常运行，条目在账本中等待。',
  ],
  store: [
    'Compare influx in the site file with the store, and make the database. The gateway runs without it.',
    '核对站点文件中的 influx，并建好数据库。没有它网关照常运行。',
  ],
  feed: [
    'Compare bookings.source in the site file with the platform.',
    '核对站点文件中的 bookings.source 与平台设置。',
  ],
  platform: [
    'Compare trust.issuers in the site file with the platform. Keys that were once fetched are kept on disk.',
    '核对站点文件中的 trust.issuers 与平台设置。取到过的公钥会保存在磁盘上。',
  ],
  pair: [
    'Start the gateway on both boxes, and compare pair.boxes and the secret of pair.key on both; then latchkey pair status.',
    '在两台上都启动网关，核对两台的 pair.boxes 和 pair.key 的密钥，然后运行 latchkey pair status。',
  ],
}
