/**
 * What is wrong with a profile, or with a part of the site file that is held against another, in Chinese.
 * Read next: config/check/, faults.ts (what is wrong with a value by itself).
 */
export const checks: Readonly<Record<string, string>> = {
  'type is {type}, and count is missing': '类型为 {type}，而缺少 count',
  'count with type {type}': '类型 {type} 带有 count',
  'add count: how many registers': '请添加 count：多少个寄存器',
  'remove count, or make the type words or text': '请删除 count，或将类型改为 words 或 text',
  'type is {type}, and {table} holds single bits': '类型为 {type}，而 {table} 中是单个的位',
  'make the type bool, or the table holding or input': '请将类型改为 bool，或将表改为 holding 或 input',
  'bit with table {table}': '表 {table} 带有 bit',
  'bit with type {type}': '类型 {type} 带有 bit',
  'bit picks one bit of a holding or input register; the type must be bool':
    'bit 取保持寄存器或输入寄存器的一位；类型必须为 bool',
  'the value ends at {last}': '该值止于 {last}',
  'the last address is {last}': '最后的地址是 {last}',
  'byte with type {type}': '类型 {type} 带有 byte',
  'make the type u8 or s8, or remove byte': '请将类型改为 u8 或 s8，或删除 byte',
  'mask with type {type}': '类型 {type} 带有 mask',
  'mask 0x{mask} is wider than {type}': '掩码 0x{mask} 比 {type} 宽',
  'a mask picks bits of a u16 or u32': '掩码取 u16 或 u32 中的位',

  'the port is {port}': '端口为 {port}',
  'use 1 to 65535, or 0 for a free one': '请用 1 到 65535，或用 0 取空闲端口',
  'the API would listen on {address} without encryption': 'API 将在 {address} 上监听而没有加密',
  'add api.tls, or listen on 127.0.0.1; behind a proxy of this host write plaintext: accepted':
    '请添加 api.tls，或在 127.0.0.1 上监听；位于本机的代理之后时请写 plaintext: accepted',
  '{file} holds no certificate': '{file} 中没有证书',
  'use the PEM file of the certificate authority (-----BEGIN CERTIFICATE-----)':
    '请用证书颁发机构的 PEM 文件（-----BEGIN CERTIFICATE-----）',
  'the file {file} cannot be read': '文件 {file} 无法读取',
  'put it there: paths count from the folder of the site file, {folder}':
    '请把它放在那里：路径从站点文件所在的文件夹 {folder} 算起',
  'a map with path, baudRate and parity': '含 path、baudRate 和 parity 的映射',
  'a map with the files ca, cert and key': '含文件 ca、cert 和 key 的映射',
  'give the certificate and its unencrypted private key, both as PEM': '请给出证书及其未加密的私钥，都用 PEM',

  '"{name}" is made of itself': '“{name}”由自身组成',
  'name signals that are read from the device': '请写从设备读取的信号',
  'add it, or from': '请添加它，或添加 from',
  '"{name}" is made of other signals and has {an} {key}': '“{name}”由其他信号组成，却有 {an} {key}',
  'write it at the signals that it is made of': '请把它写在组成它的信号处',
  '"{name}" is read every {poll}, and "{other}" every {otherPoll}':
    '“{name}”每 {poll} 读取一次，而“{other}”每 {otherPoll} 读取一次',
  'give both the same poll: what makes one value is read in one cycle':
    '请让两者的 poll 相同：组成一个值的各部分须在一个周期内读取',
  '"{name}" is in {unit}, and its sum in {sum}': '“{name}”的单位是 {unit}，而其总和的单位是 {sum}',
  'give both the same unit; scale says what a count of each is worth':
    '请让两者单位相同；各自的一步值多少由 scale 说明',
  'with resolution leave out its scale and offset: a scaled float shows no whole steps':
    '有 resolution 时请去掉 scale 和 offset：缩放过的浮点数看不出整步',
  'with step add resolution: the step in which the float counts': '有 step 时请添加 resolution：浮点数计数的步长',
  'a count of "{name}" is worth what {signal} says, and a change of that would be counted':
    '“{name}”的一步值多少由 {signal} 说明，而它一变也会被计入',
  'name as identity a signal from: { kind: text, of: [{signal}] }, with the serial number if there is one':
    '请把一个 from: { kind: text, of: [{signal}] } 的信号写作 identity，若有序列号请一并写入',

  '{what} is {place} of type {type}': '{what} 为 {place}，类型为 {type}',
  'the lease block needs type words, count {count}': '租约块需要类型 words，count 为 {count}',
  '{what} is in table {table}': '{what} 在表 {table} 中',
  'only holding registers can be written as a block': '只有保持寄存器能按块写入',
  'use holding or input registers': '请用保持寄存器或输入寄存器',
  'toPlc and fromPlc overlap': 'toPlc 与 fromPlc 重叠',
  'give each a place of its own': '请让两者各有自己的位置',
  'type is {type}': '类型为 {type}',
  'use a bit or a whole number': '请用一位或整数',
  'the time of the watchdog is neither read nor stated': '看门狗的时间既没有读取，也没有写明',
  'the time of the watchdog is said twice: read, stated, or written': '看门狗的时间写了两次：读取、写明、写入只能取一',
  'write time: its address, or statedTime where the module does not let it be read':
    '请写 time：其地址；模块不允许读取时写 statedTime',
  'bootId and upTime both say when it started': 'bootId 和 upTime 都说明何时启动',
  'keep bootId': '请保留 bootId',
  'every request keeps the output on, polls too: it stays on when it can no longer be written':
    '每个请求都使输出保持接通，轮询也是：再也写不了时它仍然接通',
  'set the module so that writes alone count; if it cannot, use class: coil, which says that there is no fail-safe':
    '请把模块设为只有写入才算；若不能，请用 class: coil，它表明没有故障安全',
  "the link's timeout of {ms} ms": '链路的超时 {ms} 毫秒',
  "twice the link's timeout of {ms} ms (another unit on the bus may be silent)":
    '链路超时 {ms} 毫秒的两倍（总线上另一单元可能不答复）',

  'finer without resolution': '有 finer 而没有 resolution',
  'add resolution: the step to count in': '请添加 resolution：计数的步长',
  'resolution of a signal with scale {scale} and offset {offset}':
    '信号有 scale {scale} 和 offset {offset}，却写了 resolution',
  'leave both out: a scaled float no longer shows whole steps; say with perCount what a step is worth':
    '请把两者都去掉：缩放过的浮点数看不出整步；一步值多少用 perCount 说明',
  'counts further': '还会计得更高',
  'holds up to {most}': '最多到 {most}',
  'wrapAt is {wrap}, and a {type} {says}': 'wrapAt 为 {wrap}，而 {type} {says}',
  'write the highest value the device shows, plus one; leave it out if it never wraps':
    '请写设备显示的最大值加一；从不归零时请去掉',
  'use an integer register of the device; without one there is nothing to bill from':
    '请用设备的整数寄存器；没有就无从计费',
  'resolution with type {type}': '类型 {type} 带有 resolution',
  'only a float needs it; say with perCount what a count is worth': '只有浮点数需要它；一步值多少用 perCount 说明',
  'a count is {count} {unit} by its signal': '按信号，一步为 {count} {unit}',
  'write a unit of the same kind': '请写同类的单位',
  '{count}, which is no whole number of {unit}': '{count}，不是 {unit} 的整数倍',
  'write a smaller unit': '请写更小的单位',
  '{count}, and {other} {unit} by its meter': '{count}，而按计量表为 {other} {unit}',
  'write perCount: {count}, or correct the {what} or the unit': '请写 perCount: {count}，或更正 {what} 或单位',
  'the signal "{name}" is read every {poll} ms, its counter every {other} ms':
    '信号“{name}”每 {poll} 毫秒读取一次，其计数器每 {other} 毫秒读取一次',
  'poll it as often as the counter, so that an exchange is seen before it is counted':
    '请与计数器同样频繁地轮询，以便在计数之前发现更换',
  'maxRate is 0: everything would be out of range': 'maxRate 为 0：一切都会超出范围',
  'write the most the machine can make': '请写机器最多能做多少',
  'at {rate} a second the counter can wrap between two polls of {poll} ms':
    '每秒 {rate} 时，计数器可能在相隔 {poll} 毫秒的两次轮询之间归零',
  'poll the signal more often, or lower maxRate to what the machine can really make':
    '请更频繁地轮询该信号，或把 maxRate 降到机器真正能做的量',

  'a pair is two boxes at two addresses': '一对是两个地址上的两台盒子',
  'name both': '请把两者都写上',
  'there is no such box': '没有该盒子',
  'name a box as pair.boxes does': '请按 pair.boxes 中的名称写',
  'the key has {length} characters, and could be guessed': '密钥有 {length} 个字符，可能被猜到',
  'make one of at least {least}: openssl rand -hex 32': '请生成至少 {least} 个字符的密钥：openssl rand -hex 32',
  'a coil stays on when its box is lost, and the other box cannot know whose it is':
    '盒子失联后线圈保持接通，而另一台盒子无法知道它属于谁',
  'use a lease or an I/O module with a watchdog for a machine of a pair': '成对盒子的机器请用租约或带看门狗的 I/O 模块',
  'two boxes cannot be on one serial line': '两台盒子不能在同一条串行线上',
  'use a gateway with Ethernet': '请用带以太网的转换网关',
  'no machine has a lease, so that no PLC can say which box works: the spare never takes over by itself':
    '没有机器使用租约，因此没有 PLC 能说明哪台盒子在工作：备用盒子不会自行接管',
  'give a machine a lease, or hand over by stopping the gateway': '请让一台机器使用租约，或用停止网关来交接',

  'the profile calls itself "{name}" in a file named {file}.yaml': '设备档案自称“{name}”，而文件名为 {file}.yaml',
  'make both the same': '请使两者相同',
  'use table, address and type in its place': '请改用 table、address 和 type',
  'model {model}': '模型 {model}',
  'the points of {what} are not known together': '{what} 的点没有一起登记',
  '{what} has no point "{name}"': '{what} 没有点“{name}”',
  'a device of {what} says its limits itself': '{what} 的设备自己说明其限制',
  'poll is {poll}, and polls start every {ms} ms': 'poll 为 {poll}，而轮询每 {ms} 毫秒才能开始一次',
  'write at least {ms}ms, or raise bounds.ticksPerSecond in the site file':
    '请至少写 {ms}ms，或提高站点文件中的 bounds.ticksPerSecond',
  'the setting is compared with nothing': '该设置没有与任何值比较',
  'the setting is compared in two ways': '该设置用了两种比较',
  'write one of equals, oneOf, or atLeast and atMost': '请写 equals、oneOf，或 atLeast 与 atMost 中的一种',
  'a range needs a number': '范围需要数字',
  'the profile has no meter "{name}"': '设备档案没有计量表“{name}”',
  'the profile has no signal "{name}"': '设备档案没有信号“{name}”',

  'an answer of kind {kind} has no {key}': '{kind} 类的回答没有 {key}',
  'the texts that are asked {when} a use have more than {most} bytes': '使用时（{when}）所问的文本超过 {most} 字节',
  'shorten them, or ask less': '请缩短文本，或少问一些',
  'there is nothing to choose': '没有可选项',
  'write choices': '请写 choices',
  'it is below min': '它低于 min',
  'exchange them': '请互换两者',
  'no answer is good': '没有一个回答是合格的',
  'leave `outside` away for one': '请至少让一个选项不带 `outside`',
  'a use that is over can be refused no more': '已结束的使用不能再被拒绝',
  'write note, wrench or stop': '请写 note、wrench 或 stop',
  'the machine would be stopped by the one who is let in': '机器会被正要放行的人停用',
  'write refuse, note or wrench': '请写 refuse、note 或 wrench',
  'it is never overdue, or by what it is never due': '它永不逾期，或按永不到期的条件逾期',
  'write every or days, as the service has them': '请按该项维护所有的写 every 或 days',

  'a value of': '取值',
  'no unit': '没有单位',
  'the output is one bit of a register': '输出是寄存器中的一位',
  'a register is written whole: use a coil, or a register of its own': '寄存器按整个写入：请用线圈，或单独的寄存器',
  'inputs cannot be written: use coil or holding': '输入不能写：请用 coil 或 holding',
  'the output has type {type}': '输出的类型为 {type}',
  'use a node of type bool or u16': '请用类型为 bool 或 u16 的节点',
  'a register that is written 1 and 0 is u16': '写 1 和 0 的寄存器为 u16',
  'function {code} does not write table {table}': '功能码 {code} 不能写表 {table}',
  'use {what}': '请用 {what}',
  'type bool': '类型 bool',
  'use an integer register of the device, or add resolution: the step the device counts in':
    '请用设备的整数寄存器，或添加 resolution：设备计数的步长',
  '{unit}, and the meter counts {other}': '{unit}，而计量表的单位是 {other}',
  'a whole number, a text or a node id': '整数、文本或节点标识',
  'add it under meters': '请在 meters 下添加',
  'add it under signals': '请在 signals 下添加',
  'add it': '请添加',
  'its units': '其单位',
}
