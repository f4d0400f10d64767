// SPDX-License-Identifier: MIT
/*
 * Programs of the boot archive as pages.
 * Entry points: image_find, image_write. Context: main thread. Locks: none. Tests: tests/host/test_program.c, tests/boot/.
 */
#include "servers/lib/cpio.h"
#include "servers/root/root.h"
#include <string.h>

const char *image_find(const char *name, struct image *image, bool *missing)
{
    struct cpio_entry entry;
    enum cpio_result result =
        cpio_find((const void *)boot_info->archive, boot_info->archive_bytes, name, &entry);
    const char *why;

    *missing = result != CPIO_ENTRY;
    if (*missing)
        return result == CPIO_BROKEN ? "the boot archive is broken" : "missing from the boot archive";
    why = elf_read(entry.data, entry.bytes, &image->program);
    if (why)
        return why;
    image->pages = 0;
    for (unsigned i = 0; i < image->program.segments; i++) {
        if (image->program.segment[i].pages > SLUICE_USER_MAX / SLUICE_PAGE_BYTES / ELF_SEGMENTS_MAX)
            return "an ELF segment is too large";
        image->segment_page[i] = image->pages;
        image->pages += image->program.segment[i].pages;
    }
    image->info_page = image->pages++;
    return NULL;
}

void image_write(const struct image *image, const struct sluice_process_info *info, uint8_t *memory)
{
    for (unsigned i = 0; i < image->program.segments; i++) {
        const struct elf_segment *segment = &image->program.segment[i];
        memcpy(memory + image->segment_page[i] * SLUICE_PAGE_BYTES + segment->skip, segment->data,
               segment->data_bytes);
    }
    memcpy(memory + image->info_page * SLUICE_PAGE_BYTES, info, sizeof *info);
}
