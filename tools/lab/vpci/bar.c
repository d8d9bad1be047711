// SPDX-License-Identifier: BSD-3-Clause
/*
 * BAR0: cutting it into memory and trapped pieces, putting them where the guest wants them, and
 * routing a trapped access to the MSI-X structures or to the function.
 *
 * Placed and taken back on the edges of COMMAND.MEM only: the guest sizes and moves BARs with it
 * off, and each change of a memory slot is expensive (docs/protocol.md 6.3).
 */
#include "bar.h"

#include "bus.h"

#include <errno.h>

#define GPA_LIMIT (1ull << 52) /* what an x86 page table can address */

static bool is_access(const struct vpci_piece *piece, uint64_t offset, unsigned int size)
{
	return (size == 1 || size == 2 || size == 4 || size == 8) && offset < piece->size &&
	       size <= piece->size - offset;
}

static bool is_inside(uint64_t offset, uint64_t start, uint64_t size)
{
	return offset >= start && offset - start < size;
}

static uint64_t page_up(uint64_t size)
{
	return (size + LAB_PAGE_SIZE - 1) & ~(uint64_t)(LAB_PAGE_SIZE - 1);
}

/* Table and pending bits have their pages to themselves: nothing of the function is in them. */
static bool is_msix_page(const struct vpci *bus, uint64_t offset)
{
	const struct pci_function *f = bus->function;
	uint64_t page = offset / LAB_PAGE_SIZE * LAB_PAGE_SIZE;
	uint64_t table = f->msix_table_offset / LAB_PAGE_SIZE * LAB_PAGE_SIZE;
	uint64_t pba = f->msix_pba_offset / LAB_PAGE_SIZE * LAB_PAGE_SIZE;
	uint64_t table_end = f->msix_table_offset + vpci_msix_table_size(&bus->msix);
	uint64_t pba_end = f->msix_pba_offset + vpci_msix_pba_size(&bus->msix);

	return is_inside(page, table, page_up(table_end) - table) ||
	       is_inside(page, pba, page_up(pba_end) - pba);
}

static uint64_t piece_read(void *ctx, uint64_t offset, unsigned int size)
{
	const struct vpci_piece *piece = ctx;
	struct vpci *bus = piece->bus;
	const struct pci_function *f = bus->function;

	if (bus->state != VPCI_D0 || !is_access(piece, offset, size))
		return UINT64_MAX;
	offset += piece->offset;
	if (!is_msix_page(bus, offset))
		return f->ops->read(f->model, offset, size);
	if (is_inside(offset, f->msix_table_offset, vpci_msix_table_size(&bus->msix)))
		return vpci_msix_read_table(&bus->msix, offset - f->msix_table_offset, size);
	if (is_inside(offset, f->msix_pba_offset, vpci_msix_pba_size(&bus->msix)))
		return vpci_msix_read_pba(&bus->msix, offset - f->msix_pba_offset, size);
	return 0;
}

static void piece_write(void *ctx, uint64_t offset, uint64_t value, unsigned int size)
{
	const struct vpci_piece *piece = ctx;
	struct vpci *bus = piece->bus;
	const struct pci_function *f = bus->function;

	if (bus->state != VPCI_D0 || !is_access(piece, offset, size))
		return;
	offset += piece->offset;
	if (!is_msix_page(bus, offset))
		f->ops->write(f->model, offset, value, size);
	else if (is_inside(offset, f->msix_table_offset, vpci_msix_table_size(&bus->msix)))
		vpci_msix_write_table(&bus->msix, offset - f->msix_table_offset, value, size);
}

static const struct vpci_mmio_ops piece_ops = { .read = piece_read, .write = piece_write };

static bool is_ram_valid(const struct pci_function *f, const struct pci_function_ram *ram)
{
	return ram->host != NULL && ram->size != 0 && ram->offset % LAB_PAGE_SIZE == 0 &&
	       ram->size % LAB_PAGE_SIZE == 0 && ram->offset < f->bar0_size &&
	       ram->size <= f->bar0_size - ram->offset;
}

/* The memory piece that begins first at or after `offset`, or NULL. */
static const struct pci_function_ram *next_ram(const struct pci_function *f, uint64_t offset)
{
	const struct pci_function_ram *next = NULL;

	for (unsigned int i = 0; i < f->ram_count; i++) {
		const struct pci_function_ram *ram = &f->ram[i];

		if (ram->offset >= offset && (next == NULL || ram->offset < next->offset))
			next = ram;
	}
	return next;
}

static void add_piece(struct vpci *bus, uint64_t offset, uint64_t size, void *memory)
{
	struct vpci_bar *bar = &bus->bar;

	if (size != 0)
		bar->piece[bar->pieces++] = (struct vpci_piece){ bus, offset, size, memory };
}

int vpci_bar_init(struct vpci *bus)
{
	const struct pci_function *f = bus->function;
	const struct pci_function_ram *ram;
	unsigned int found = 0;
	uint64_t offset = 0;

	if (f->ram_count > PCI_FUNCTION_RAM_MAX)
		return -EINVAL;
	while ((ram = next_ram(f, offset)) != NULL) {
		if (!is_ram_valid(f, ram))
			return -EINVAL;
		add_piece(bus, offset, ram->offset - offset, NULL);
		add_piece(bus, ram->offset, ram->size, ram->host);
		offset = ram->offset + ram->size;
		found++;
	}
	/* One that was passed over begins inside another. */
	if (found != f->ram_count)
		return -EINVAL;
	add_piece(bus, offset, f->bar0_size - offset, NULL);
	bus->bar.dead = (struct vpci_piece){ bus, 0, f->bar0_size, NULL };
	return 0;
}

static int map_piece(struct vpci *bus, struct vpci_piece *piece)
{
	const struct vpci_host_ops *host = bus->config.host;
	gpa_t base = bus->bar.base + piece->offset;

	if (piece->memory != NULL)
		return host->ram_map(bus->config.host_ctx, base, piece->size, piece->memory);
	return host->mmio_claim(bus->config.host_ctx, base, piece->size, &piece_ops, piece);
}

static void unmap_piece(struct vpci *bus, const struct vpci_piece *piece)
{
	const struct vpci_host_ops *host = bus->config.host;
	gpa_t base = bus->bar.base + piece->offset;

	if (piece->memory != NULL)
		host->ram_unmap(bus->config.host_ctx, base);
	else
		host->mmio_release(bus->config.host_ctx, base);
}

static void unmap_pieces(struct vpci *bus)
{
	struct vpci_bar *bar = &bus->bar;

	while (bar->mapped > 0)
		unmap_piece(bus, &bar->piece[--bar->mapped]);
}

static void map_pieces(struct vpci *bus)
{
	struct vpci_bar *bar = &bus->bar;
	int ret = -EINVAL;

	bar->base = vpci_space_bar0(&bus->space);
	if (bar->base >= GPA_LIMIT || bus->function->bar0_size > GPA_LIMIT - bar->base)
		goto err_refuse;
	while (bar->mapped < bar->pieces) {
		ret = map_piece(bus, &bar->piece[bar->mapped]);
		if (ret != 0)
			goto err_unmap;
		bar->mapped++;
	}
	return;

err_unmap:
	unmap_pieces(bus);
err_refuse:
	vpci_bus_complain(bus, VPCI_BAD_BAR, "BAR0 cannot be placed at %#llx: %d",
			  (unsigned long long)bar->base, ret);
}

void vpci_bar_update(struct vpci *bus)
{
	if (!vpci_space_memory_on(&bus->space))
		unmap_pieces(bus);
	else if (bus->bar.mapped == 0)
		map_pieces(bus);
}

void vpci_bar_kill(struct vpci *bus)
{
	struct vpci_bar *bar = &bus->bar;
	bool stood = bar->mapped > 0;

	unmap_pieces(bus);
	if (stood && !bar->dead_claimed)
		bar->dead_claimed = map_piece(bus, &bar->dead) == 0;
}

void vpci_bar_unmap(struct vpci *bus)
{
	struct vpci_bar *bar = &bus->bar;

	unmap_pieces(bus);
	if (bar->dead_claimed) {
		bar->dead_claimed = false;
		unmap_piece(bus, &bar->dead);
	}
}
