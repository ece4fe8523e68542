// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bare-metal driver of virtio-mmio (virtio 1.2, 4.2) for bare-440 and bare-e500, in the mapping
 * that they start with: it finds the slots' devices, agrees with each, and uses a disk, a source of
 * random bytes and a network card by interrupts, through the modern or the legacy registers. The
 * disk's words count up from 0; the image reads them, replaces a part, flushes, and reads that
 * back. The card asks who 10.0.2.2 is, which -netdev user answers. It says what is wrong, or that
 * all is well, and resets the core. UART, SLOTS: addresses.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum {
	NR_SLOTS = 8,
	SLOT_BYTES = 0x200,
	MAGIC = 0x00,
	VERSION = 0x04,
	DEVICE = 0x08,
	FEATURES = 0x10,
	FEATURES_SEL = 0x14,
	DRIVER = 0x20,
	DRIVER_SEL = 0x24,
	PAGE_SIZE = 0x28,
	SEL = 0x30,
	NUM_MAX = 0x34,
	NUM = 0x38,
	ALIGN = 0x3c,
	PFN = 0x40,
	READY = 0x44,
	NOTIFY = 0x50,
	INTERRUPT = 0x60,
	ACK = 0x64,
	STATUS = 0x70,
	DESC = 0x80,
	AVAIL = 0x90,
	USED = 0xa0,
	CONFIG = 0x100,

	ID_NET = 1,
	ID_BLOCK = 2,
	ID_RNG = 4,

	F_FLUSH = 1 << 9,
	F_MAC = 1 << 5,
	F_VERSION_1_HIGH = 1,

	SIZE = 8,
	PAGE = 4096,
	AREA = 16384, /* of a queue: both layouts fit */
	NEXT = 1,
	WRITE = 2,

	IN = 0,
	OUT = 1,
	FLUSH = 4,
	SECTOR = 512,
	PATIENCE = 200000000,

	IVPR = 63,
	DBCR0 = 308,
	IVOR4 = 404,
};

#define mtspr(n, v) asm volatile("mtspr %0, %1; isync" ::"i"(n), "r"((u32)(v)) : "memory")

struct queue {
	u8 *desc, *avail, *used;
	u16 produced, consumed;
};

struct slot {
	u32 base, legacy, device;
	struct queue q[2];
};

extern u8 external[];
void interrupt(void);

static struct slot slots[NR_SLOTS];
static u8 rings[NR_SLOTS][2][AREA] __attribute__((aligned(4096)));
static u8 data[16 * SECTOR] __attribute__((aligned(16)));
static u8 head[16], status;
static volatile u32 interrupts;

/* --- output --- */
static void put(char c)
{
	volatile u8 *uart = (volatile u8 *)UART;

	while (!(uart[5] & 0x20))
		;
	uart[0] = (u8)c;
}

static void say(const char *s)
{
	for (; *s; s++)
		put(*s);
}

static void number(u32 v)
{
	char text[11], *p = text + 10;

	*p = 0;
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	say(p);
}

static void stop(void)
{
	mtspr(DBCR0, 0x30000000);
	for (;;)
		;
}

static void expect(const char *what, u32 is, u32 should)
{
	if (is == should)
		return;
	say(what);
	say(" is ");
	number(is);
	say(", not ");
	number(should);
	say("\n");
	stop();
}

/* --- byte orders: modern is little-endian, legacy the processor's --- */
static u32 swap(u32 v)
{
	return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

static u32 order(const struct slot *s, u32 v)
{
	return s->legacy ? v : swap(v);
}

static u16 order16(const struct slot *s, u32 v)
{
	return (u16)(s->legacy ? v : (v >> 8 & 0xff) | v << 8);
}

static u32 get(const struct slot *s, u32 reg)
{
	u32 v = *(volatile u32 *)(s->base + reg);

	asm volatile("msync" ::: "memory");
	return order(s, v);
}

static void set(const struct slot *s, u32 reg, u32 v)
{
	asm volatile("msync" ::: "memory");
	*(volatile u32 *)(s->base + reg) = order(s, v);
}

static void st16(const struct slot *s, u8 *p, u32 v)
{
	*(volatile u16 *)p = order16(s, v);
}

static u16 ld16(const struct slot *s, const u8 *p)
{
	return order16(s, *(const volatile u16 *)p);
}

static void st32(const struct slot *s, u8 *p, u32 v)
{
	*(volatile u32 *)p = order(s, v);
}

static u32 ld32(const struct slot *s, const u8 *p)
{
	return order(s, *(const volatile u32 *)p);
}

/* --- interrupts --- */
void interrupt(void)
{
	for (u32 i = 0; i < NR_SLOTS; i++) {
		u32 bits = slots[i].device ? get(&slots[i], INTERRUPT) : 0;

		if (bits)
			set(&slots[i], ACK, bits);
		interrupts += bits & 1;
	}
}

/* --- a device --- */
static void add(struct slot *s, u32 queue, u32 nr, const void *p, u32 len, u32 flags)
{
	u8 *d = s->q[queue].desc + 16 * nr;

	st32(s, d, s->legacy ? 0 : (u32)p);
	st32(s, d + 4, s->legacy ? (u32)p : 0);
	st32(s, d + 8, len);
	st16(s, d + 12, flags);
	st16(s, d + 14, nr + 1);
}

/* The chain at descriptor 0 is the device's. */
static void offer(struct slot *s, u32 queue)
{
	struct queue *q = &s->q[queue];

	st16(s, q->avail + 4 + 2 * (q->produced % SIZE), 0);
	asm volatile("msync" ::: "memory");
	st16(s, q->avail + 2, ++q->produced);
	set(s, NOTIFY, queue);
}

/* Until it comes back; how much the device wrote. */
static u32 wait(struct slot *s, u32 queue)
{
	struct queue *q = &s->q[queue];
	const u8 *entry = q->used + 4 + 8 * (q->consumed % SIZE);

	q->consumed++;
	asm volatile("wrteei 1");
	for (u32 turns = 0; ld16(s, q->used + 2) != q->consumed || !interrupts; turns++)
		if (turns == PATIENCE) {
			asm volatile("wrteei 0");
			say(interrupts ? "nothing comes back\n" : "no interrupt\n");
			stop();
		}
	asm volatile("wrteei 0");
	interrupts = 0;
	asm volatile("msync" ::: "memory");
	expect("used descriptor", ld32(s, entry), 0);
	return ld32(s, entry + 4);
}

static u32 run(struct slot *s)
{
	offer(s, 0);
	return wait(s, 0);
}

static void place(struct slot *s, u32 queue, u8 *area)
{
	struct queue *q = &s->q[queue];

	set(s, SEL, queue);
	expect("queue is long enough", get(s, NUM_MAX) >= SIZE, 1);
	set(s, NUM, SIZE);
	q->desc = area;
	q->avail = area + 16 * SIZE;
	q->used = area + PAGE;
	if (s->legacy) {
		set(s, ALIGN, PAGE);
		set(s, PFN, (u32)area / PAGE);
		expect("page", get(s, PFN), (u32)area / PAGE);
		return;
	}
	set(s, DESC, (u32)q->desc);
	set(s, DESC + 4, 0);
	set(s, AVAIL, (u32)q->avail);
	set(s, AVAIL + 4, 0);
	set(s, USED, (u32)q->used);
	set(s, USED + 4, 0);
	set(s, READY, 1);
	expect("ready", get(s, READY), 1);
}

static void start(struct slot *s, u32 nr, u32 queues, u32 wanted)
{
	u32 offered;

	if (s->legacy)
		set(s, PAGE_SIZE, PAGE);
	set(s, STATUS, 0);
	expect("status after reset", get(s, STATUS), 0);
	set(s, STATUS, 1);
	set(s, STATUS, 3);
	set(s, FEATURES_SEL, 0);
	offered = get(s, FEATURES);
	expect("features", offered & wanted, wanted);
	set(s, DRIVER_SEL, 0);
	set(s, DRIVER, wanted);
	if (!s->legacy) {
		set(s, FEATURES_SEL, 1);
		expect("version 1", get(s, FEATURES) & F_VERSION_1_HIGH, F_VERSION_1_HIGH);
		set(s, DRIVER_SEL, 1);
		set(s, DRIVER, F_VERSION_1_HIGH);
		set(s, STATUS, 11);
		expect("status with features", get(s, STATUS), 11);
	}
	for (u32 i = 0; i < queues; i++)
		place(s, i, rings[nr][i]);
	set(s, STATUS, get(s, STATUS) | 4);
}

/* --- the disk --- */
static void transfer(struct slot *s, u32 type, u32 sector, u32 bytes)
{
	u32 n = 0;

	st32(s, head, type);
	st32(s, head + 4, 0);
	st32(s, head + 8, s->legacy ? 0 : sector);
	st32(s, head + 12, s->legacy ? sector : 0);
	status = 0xff;
	add(s, 0, n++, head, 16, NEXT);
	if (bytes)
		add(s, 0, n++, data, bytes, type == IN ? NEXT | WRITE : NEXT);
	add(s, 0, n, &status, 1, WRITE);
	expect("written", run(s), type == IN ? bytes + 1 : 1);
	expect("disk's status", *(volatile u8 *)&status, 0);
}

static void disk(struct slot *s)
{
	u32 *words = (u32 *)data, sectors;

	sectors = order(s, *(volatile u32 *)(s->base + CONFIG + (s->legacy ? 4 : 0)));
	say("disk of ");
	number(sectors);
	say(" sectors\n");
	for (u32 at = 0; at < sectors; at += 16) {
		transfer(s, IN, at, sizeof(data));
		for (u32 i = 0; i < sizeof(data) / 4; i++)
			expect("word", words[i], at * (SECTOR / 4) + i);
	}
	for (u32 i = 0; i < sizeof(data) / 4; i++)
		words[i] = ~i;
	transfer(s, OUT, 24, sizeof(data));
	transfer(s, FLUSH, 0, 0);
	for (u32 i = 0; i < sizeof(data) / 4; i++)
		words[i] = 0;
	transfer(s, IN, 24, sizeof(data));
	for (u32 i = 0; i < sizeof(data) / 4; i++)
		expect("word read back", words[i], ~i);
	say("disk read, written, flushed\n");
}

/* --- random bytes --- */
static void random_bytes(struct slot *s)
{
	u32 *words = (u32 *)data, equal = 0;

	for (u32 i = 0; i < 64; i++)
		words[i] = 0;
	for (u32 turn = 0; turn < 2; turn++) {
		add(s, 0, 0, data + 128 * turn, 128, WRITE);
		expect("random bytes", run(s), 128);
	}
	for (u32 i = 0; i < 32; i++)
		equal += words[i] == words[32 + i];
	expect("words that are equal", equal, 0);
	say("random bytes\n");
}

/* --- a network --- */
static void network(struct slot *s)
{
	static const u8 arp[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	u8 *out = data, *in = data + 2048, *frame, *mac = data + 4096;
	u32 head_len = s->legacy ? 10 : 12, got;

	for (u32 i = 0; i < 6; i++)
		mac[i] = *(volatile u8 *)(s->base + CONFIG + i);
	for (u32 i = 0; i < 4096; i++)
		data[i] = 0;
	frame = out + head_len;
	for (u32 i = 0; i < 6; i++) {
		frame[i] = 0xff;
		frame[6 + i] = frame[22 + i] = mac[i];
	}
	for (u32 i = 0; i < sizeof(arp); i++)
		frame[12 + i] = arp[i];
	frame[28] = frame[38] = 10;
	frame[30] = frame[40] = 2;
	frame[31] = 15;
	frame[41] = 2;
	add(s, 0, 0, in, 2048, WRITE);
	offer(s, 0);
	add(s, 1, 0, out, head_len + 60, 0);
	offer(s, 1);
	got = wait(s, 0);
	expect("the answer is long enough", got >= head_len + 42, 1);
	frame = in + head_len;
	for (u32 i = 0; i < 6; i++)
		expect("whose answer", frame[i], mac[i]);
	expect("kind of the answer", frame[21], 2);
	expect("who answers", frame[28] << 24 | frame[30] << 8 | frame[31], 10 << 24 | 2 << 8 | 2);
	say("network answers\n");
}

int main(void)
{
	mtspr(IVPR, external);
	mtspr(IVOR4, (u32)external & 0xffff);
	for (u32 i = 0; i < NR_SLOTS; i++) {
		struct slot *s = &slots[i];

		s->base = SLOTS + i * SLOT_BYTES;
		s->legacy = 1; /* "virt" tells */
		s->legacy = get(s, MAGIC) == 0x74726976;
		expect("magic", get(s, MAGIC), 0x74726976);
		expect("version", get(s, VERSION), s->legacy ? 1 : 2);
		s->device = get(s, DEVICE);
		if (!s->device)
			continue;
		say(s->legacy ? "legacy slot " : "slot ");
		number(i);
		say(": device ");
		number(s->device);
		say("\n");
	}
	for (u32 i = 0; i < NR_SLOTS; i++) {
		if (slots[i].device == ID_BLOCK) {
			start(&slots[i], i, 1, F_FLUSH);
			disk(&slots[i]);
		}
		if (slots[i].device == ID_NET) {
			start(&slots[i], i, 2, F_MAC);
			network(&slots[i]);
		}
		if (slots[i].device == ID_RNG) {
			start(&slots[i], i, 1, 0);
			random_bytes(&slots[i]);
		}
	}
	say("virtio: all is well\n");
	stop();
	return 0;
}
