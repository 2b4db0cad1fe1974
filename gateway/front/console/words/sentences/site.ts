/** What health and a changed site file have to say, in Chinese. Read next: core/board/notes.ts, config/check/. */
export const site: Readonly<Record<string, string>> = {
  stopping: '正在停止',
  'nothing was heard from the control thread lately': '最近没有收到控制线程的消息',
  'unanchored: {why}': '未锚定：{why}',
  'no checkpoint of this ledger was found outside': '外部没有找到本账本的检查点',
  'the checkpoint found outside is not signed by our keys': '外部找到的检查点不是由我方密钥签名',
  '{why}. One of {count} entries was published before: ask what became of it':
    '{why}。{count} 个条目中有一个曾经发布过：请查明它的去向',
  'the ledger is being compared with the checkpoint outside: an unlock waits for it':
    '正在与外部的检查点比对账本：解锁须等待',
  'the ledger contradicts a checkpoint it once signed: no new unlock. If its disk was set back on purpose, stop the gateway and begin a new log: latchkey ledger restart <site.yaml> --reason "…"':
    '账本与自己签过的检查点矛盾：不再解锁。若是有意把磁盘恢复到以前，请停止网关并开始新账本：latchkey ledger restart <site.yaml> --reason "…"',
  'the clock shows {at}, and {floor} has been: no new unlock. Set the clock. If it is right, stop the gateway and accept it: latchkey clock <site.yaml> --accept --reason "…"':
    '时钟显示 {at}，而 {floor} 已经过去：不再解锁。请校准时钟。若它是对的，请停止网关并接受它：latchkey clock <site.yaml> --accept --reason "…"',
  'the clock shows {at}, and by what is known it is {known}: nothing is released, ended or forgotten by it until it has stayed so for {minutes} minutes':
    '时钟显示 {at}，而据已知应为 {known}：在保持 {minutes} 分钟之前，不据此释放、结束或遗忘任何内容',
  'the platform was never heard of': '从未收到平台的消息',
  'the platform was last heard of at {at}': '最后一次收到平台消息是在 {at}',
  'the revocation list of {issuer} is too old, its tenants are refused: {why}':
    '{issuer} 的撤销名单太旧，其租户被拒绝：{why}',
  'the disk reserve is used up: no new unlock; make room on the disk of dataDir':
    '磁盘预留已用完：不再解锁；请在 dataDir 所在磁盘上腾出空间',
  'the disk is too small for the years to be kept': '磁盘太小，不够存放要保留的年数',
  'the keys file cannot be read; the keys stay as they were': '密钥文件无法读取；密钥保持原样',
  'the files that were applied are not in place; the next start puts them there':
    '已应用的文件尚未就位；下次启动时放好',
  '{size} of memory are left, and {kept} are kept free: no new session begins':
    '内存剩余 {size}，须留出 {kept}：不开始新会话',
  '{open} of {most} handles are open: no new session begins': '{most} 个句柄已打开 {open} 个：不开始新会话',
  'the gateway was {ms} ms late: no new session begins': '网关延迟了 {ms} 毫秒：不开始新会话',
  '{machine} lets no tenant in: {why}; with nobody near it: latchkey drill http://… {machine}':
    '{machine} 不放行租户：{why}；确认无人靠近后：latchkey drill http://… {machine}',
  'the drill of {machine} is due by {day}': '{machine} 的演练须在 {day} 之前重做',
  '{machine} lets nobody in: {why}; set the module as its profile says':
    '{machine} 谁都不放行：{why}；请按设备档案设置模块',
  '{machine} lets nobody in: {signal} is not read: {why}; see /v1/machines/{machine}/signals':
    '{machine} 谁都不放行：{signal} 读不到：{why}；见 /v1/machines/{machine}/signals',
  'the meter {meter} does not count: {why}; what the machine makes is not metered; see /v1/meters':
    '计量表 {meter} 不计数：{why}；机器的产出没有计量；见 /v1/meters',
  'it jumps by more than maxRate allows, or by no whole steps: hold it against the display of the device, and correct address, order, resolution or maxRate in the profile':
    '跳变超过 maxRate，或不是整步：请与设备显示屏核对，并更正档案中的地址、字序、分辨率或 maxRate',
  'it is so large that a float cannot show its steps: hold it against the display of the device, and correct address or order in the profile':
    '数值太大，浮点数分不清一步：请与设备显示屏核对，并更正档案中的地址或字序',
  'it went back: hold it against the display of the device; one that may be set back or exchanged needs resets or identity in the profile':
    '它倒退了：请与设备显示屏核对；会归零或更换的计数器须在档案中写 resets 或 identity',
  'it counts again once the session has ended; end it, or wait': '会话结束后恢复计数；请结束会话，或等待',
  'the meter {meter} stands at {count} counts, and its float tells single counts apart up to {most}: before that write a coarser resolution with finer: true, or read an integer register':
    '计量表 {meter} 已到 {count} 步，其浮点数最多分清 {most} 步：在此之前请写更粗的 resolution 并加 finer: true，或改读整数寄存器',
  'link {link} is down: {why}; next try in {seconds} s': '链路 {link} 断开：{why}；{seconds} 秒后重试',
  'link {link} is down: {why}': '链路 {link} 断开：{why}',
  '{point} cannot be read: {why}': '{point} 读不到：{why}',
  '{count} more signals of link {link} cannot be read': '链路 {link} 还有 {count} 个信号读不到',
  '{sink}: {count} samples dropped since the start, {why}; most of {signal}: {most}':
    '{sink}：启动以来丢弃 {count} 个样本，{why}；最多的是 {signal}：{most}',
  'since this thread was too slow': '因为本线程太慢',
  'since more waited than bounds.samples': '因为等待的超过 bounds.samples',
  'since they waited longer than bounds.samplesMaxAge': '因为等待超过 bounds.samplesMaxAge',
  'since they could not be kept on disk': '因为无法存到磁盘',
  'since they could not be read back from disk': '因为无法从磁盘读回',
  'since it refused them': '因为对方拒绝',
  'the certificate of the API {what}': 'API 的证书{what}',
  'expires on {day}': '将于 {day} 到期',
  'expired on {day}': '已于 {day} 到期',
  'is not a certificate in PEM': '不是 PEM 证书',
  'is not the key of the certificate': '不是该证书的私钥',
  'is not a private key in PEM, or is encrypted': '不是 PEM 私钥，或已加密',
  'the files of the API certificate cannot be used, the one before stays in use: {why}':
    'API 证书的文件无法使用，仍用之前的证书：{why}',
  'never-read': '启动以来没有读到',
  'link-down': '链路断开',
  stale: '最近没有读到数据',
  timeout: '没有及时答复',
  refused: '设备拒绝读取',
  'unit-silent': '该单元没有答复',
  malformed: '答复无法理解',
  'out-of-range': '数值不合理',
  'not-available': '设备没有数值',
  unresolved: '数值太大，分不清一步',
  regress: '不该倒退却倒退',
  'waits-for-end': '等待会话结束',

  'the watchdog of the module is off': '模块的看门狗已关闭',
  'the watchdog of the module is {ms} ms, and the site allows {most} ms':
    '模块的看门狗为 {ms} 毫秒，站点允许 {most} 毫秒',
  'the watchdog of the module is {ms} ms, and heartbeats need {least} ms':
    '模块的看门狗为 {ms} 毫秒，心跳需要 {least} 毫秒',
  'the module is not set as it must be: {what}': '模块设置不正确：{what}',
  'the watchdog of the module has run out; {what}': '模块的看门狗已超时；{what}',
  'the watchdog of the module is not armed; {what}': '模块的看门狗未启用；{what}',
  'clear it as its manual says': '请按说明书清除',
  'arm it as its manual says': '请按说明书启用',

  'the API listens on {host} without encryption of its own': 'API 在 {host} 上监听，自身没有加密',
  'give it a certificate with api.tls, or make sure that nobody else is on that network':
    '请用 api.tls 给它一份证书，或确保该网络上没有别人',
  '{what}, under another profile': '{what}，但用的是另一份设备档案',
  'this is the same device as {machine}/{alias}': '这与 {machine}/{alias} 是同一台设备',
  'make sure that unit or root is right': '请核对单元号或根节点',
  'it is not known whether polls keep the output on': '不知道轮询是否会维持输出接通',
  'read what the drill says of it; where they do, use another module or class: coil':
    '请看演练的结果；若会维持，请换模块或用 class: coil',
  'losing the gateway leaves it unlocked; accepted by {name}': '失去网关时它保持解锁；由 {name} 接受',
  'put a notice on the machine, and look for a module with a watchdog': '请在机器上张贴提示，并寻找带看门狗的模块',
  'with policy {policy} the output stays on while the last cycle completes, and a new one can be started':
    '策略为 {policy} 时，最后一个循环完成之前输出保持接通，期间可以再次启动',
  'use policy: at-end where taking the start permission away cuts no cycle':
    '若收回启动许可不会打断循环，请用 policy: at-end',
  'Modbus lets anyone on the network of "{link}" unlock': 'Modbus 使“{link}”所在网络上的任何人都能解锁',
  'keep that network apart: only this gateway and the PLC': '请隔离该网络：只有本网关和 PLC',
  '{host} is read without security, so whoever is on that network can change what is read and billed':
    '{host} 以无安全方式读取，该网络上的任何人都能改动读到并计费的内容',
  'keep that network apart, and use SignAndEncrypt as soon as the device offers it':
    '请隔离该网络，并在设备支持后改用 SignAndEncrypt',
  'tenants are let in to "{machine}" once its drill has passed': '“{machine}”的演练通过后才放行租户',
  'with the gateway running: latchkey drill http://… {machine}': '网关运行时：latchkey drill http://… {machine}',
  'no device uses the link "{link}"': '没有设备使用链路“{link}”',
  'remove it, or add the device': '请删除它，或添加设备',
  'anybody who can write to the device can clear "{signal}"': '能写入设备的人都能清零“{signal}”',
  '"{signal}" begins anew with each job': '“{signal}”每个任务都从头计数',
  'what was made since the last poll is lost then: poll it often, or count a total that is not cleared':
    '上次轮询以来的产出会因此丢失：请增加轮询频率，或改计不清零的总数',
  'a step of "{signal}" is {quantity} {unit}: a session that uses less may show none, or one':
    '“{signal}”的一步为 {quantity} {unit}：用量更少的会话可能显示为零，也可能显示为一步',
  'count a finer register, or bill this machine by time': '请改计更细的寄存器，或按时间计费',
  'no language is known as "{tag}"': '没有叫“{tag}”的语言',
  'a tag begins with a language, such as zh for Chinese; a country comes after it: zh-CN':
    '标签以语言开头，如中文 zh；国家写在后面：zh-CN',
  '{file} expires on {day}': '{file} 将于 {day} 到期',
  '{file} expired on {day}': '{file} 已于 {day} 到期',
  'replace it by a newer one; the gateway loads it without a restart': '请换成新的；网关无需重启即可加载',
  'there is no mqtt, so availability and events are not published': '没有配置 mqtt，因此不发布可用性和事件',
  'add mqtt.url, or leave it if the HTTP API is enough': '请添加 mqtt.url；若 HTTP API 已够用则不必',
  'no booking platform is trusted, so nobody can book or unlock': '没有信任的预约平台，因此谁都不能预约或解锁',
  'add trust.issuers: issuer, audience and jwks of the platform':
    '请添加 trust.issuers：平台的 issuer、audience 和 jwks',

  'there is no profile "{profile}"': '没有设备档案“{profile}”',
  'there is no link "{link}"': '没有链路“{link}”',
  'add it under links': '请在 links 下添加',
  'add it under devices': '请在 devices 下添加',
  '"{machine}" has no device "{alias}"': '“{machine}”没有设备“{alias}”',
  'the link "{link}" speaks {protocol}, the profile "{profile}" {other}':
    '链路“{link}”用 {protocol}，设备档案“{profile}”用 {other}',
  'name a link of {protocol}, or a profile of {other}': '请写一条 {protocol} 链路，或一份 {other} 设备档案',
  '"{key}" means nothing to {what}': '“{key}”对 {what} 没有意义',
  'remove it; {protocol} uses {list}': '请删除；{protocol} 使用 {list}',
  '{other} is unlocked through the same block': '{other} 经同一数据块解锁',
  'give each machine a block of its own': '请给每台机器各自的数据块',
  'correct link, unit or root of one of them': '请更正其中一个的链路、单元号或根节点',
  'links "{one}" and "{other}" go to the same endpoint': '链路“{one}”和“{other}”指向同一端点',
  'use "{link}" for the devices of both': '两者的设备都用“{link}”',
  'security is None, and {host} is another host': '安全模式为 None，而 {host} 是另一台主机',
  'use SignAndEncrypt, and trust each other’s certificates; for a device that offers none, add unprotected: read-only':
    '请用 SignAndEncrypt 并互相信任证书；设备不支持时写 unprotected: read-only',
  'a user name and password with security None would cross in the clear': '安全模式为 None 时用户名和密码会以明文传输',
  'use SignAndEncrypt, or remove user': '请用 SignAndEncrypt，或删除 user',
  'the profile "{profile}" has no interlock': '设备档案“{profile}”没有联锁',
  'name the device that carries the lease block or the output, or remove interlock: the machine is then only read and metered':
    '请写带租约块或输出的设备，或删除 interlock：机器就只读取和计量',
  'the profile "{profile}" does not say what its device does': '设备档案“{profile}”没有说明设备在做什么',
  'name a device whose profile has a state rule, or write one here over a signal of a device, as in config/sites/retrofit.yaml':
    '请写一台档案带状态规则的设备，或在此根据某台设备的信号写规则，参见 config/sites/retrofit.yaml',
  '"{key}" is missing in {place}, whose transport is {transport}': '{place} 的传输方式为 {transport}，缺少“{key}”',
  'add it: {what}': '请添加：{what}',
  '"{key}" means nothing to the transport {transport}': '“{key}”对传输方式 {transport} 没有意义',
  'remove it, or correct transport': '请删除，或更正传输方式',
  '{text} is no host name and no address': '{text} 既不是主机名也不是地址',
  'write it as 10.1.1.20 or plc.example; a port goes to port': '请写作 10.1.1.20 或 plc.example；端口写在 port',
  'the host name or address of the device': '设备的主机名或地址',
  'the lease is {lease}, and three heartbeats and {what} take {least} ms':
    '租约为 {lease}，而三次心跳加 {what} 需要 {least} 毫秒',
  'class is {kind}, and the profile "{profile}" has an interlock of class {other}':
    '类型为 {kind}，而设备档案“{profile}”的联锁类型为 {other}',
  'write class: {kind}, or use another profile': '请写 class: {kind}，或用另一份设备档案',
  'a coil stays on when the gateway is lost: this interlock has no fail-safe':
    '失去网关时线圈保持接通：此联锁没有故障安全',
  'use a lease or an I/O module with a watchdog, or write risk: { acceptedBy: <name>, reason: <why> }':
    '请用租约或带看门狗的 I/O 模块，或写 risk: { acceptedBy: <姓名>, reason: <原因> }',

  'the ledger does not know it: it counts from its first reading on': '账本里还没有它：从第一次读数开始计数',
  'it is not configured: it stays in the ledger with its {total} {unit}':
    '配置里没有它：它以 {total} {unit} 留在账本里',
  'it counts on in a new epoch, its total of {total} {unit} stays':
    '它在新的计数周期继续计数，总数 {total} {unit} 保持',
  'it counts on in a new epoch from {from} {unit}, and the {total} {old} stay as they are':
    '它在新的计数周期从 {from} {unit} 继续计数，原有的 {total} {old} 保持不变',
}
