/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_H
#define RTE_IOMMUFD_H

/**
 * @file
 * Devices and address spaces on Linux IOMMUFD, for DPDK programs.
 *
 * The objects, from the outside in:
 *
 * - A **context** is a connection to the kernel's IOMMU: an open /dev/iommu, or,
 *   where the kernel has no IOMMUFD, the legacy VFIO container interface. Which
 *   of the two (the *backend*) is decided once, when the first device or space needs it,
 *   and never changes.
 * - A **space** is an I/O address space (IOAS): a set of mappings from I/O
 *   virtual addresses (IOVA) to memory of this process.
 * - A **device** is a VFIO device opened by this process. Attached to a space,
 *   its DMA is translated by that space's mappings, and everything else it tries
 *   to reach is refused by the IOMMU.
 *
 * Functions return 0, or a negative errno; a function that fails has logged one
 * line with cause and remedy (log type `lib.iommufd`) unless its description
 * says otherwise. They may be called from any thread. None of them belongs on a
 * packet path: all take locks and most enter the kernel. An object must not be
 * destroyed while another thread uses it.
 *
 * Calls that map, unmap, copy or look up in one space take turns where they are about
 * the same memory, or the space is a legacy container, and else run at the same time: the
 * kernel runs several on one IOAS (iopt_map_pages()). A call with several runs is about
 * all from the lowest IOVA to the highest.
 *
 * A structure that the library fills begins with its size, which the caller sets to
 * sizeof() of it, so that it can grow: what the caller's has no room for is left out, what
 * the library does not know is 0. -EINVAL when it is smaller than the structure was at
 * first.
 *
 * Order of locks: EAL's memory hotplug lock, then a context's, then a space's or a part
 * of it.
 * No function here may be called from a memory event callback.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfio_device_info;

/** A connection to the kernel's IOMMU interface. */
struct rte_iommufd_context;
/** An I/O address space. */
struct rte_iommufd_space;
/** A VFIO device opened by this process. */
struct rte_iommufd_device;

/** The device may read the memory (outgoing packets). */
#define RTE_IOMMUFD_MAP_READ (1u << 0)
/** The device may write the memory (incoming packets). */
#define RTE_IOMMUFD_MAP_WRITE (1u << 1)

/** Length of the UUID that a VF's owner and its PF's owner share, in bytes. */
#define RTE_IOMMUFD_VF_TOKEN_LENGTH 16

/** An interval of IOVAs, both ends included. */
struct rte_iommufd_range {
	uint64_t first; /**< first address */
	uint64_t last;	/**< last address */
};

/** Memory for rte_iommufd_space_map_runs(). */
struct rte_iommufd_run {
	const void *va;	 /**< where this process sees it */
	uint64_t iova;	 /**< where the device shall see it */
	uint64_t length; /**< in bytes */
	uint64_t offset; /**< where in the file it begins, in bytes */
	int file;	 /**< the open file behind it, or -1 */
	uint32_t rights; /**< RTE_IOMMUFD_MAP_* */
};

/** What has been done for a space so far. */
struct rte_iommufd_space_stats {
	/**
	 * sizeof(struct rte_iommufd_space_stats), set by the caller: the library fills in what
	 * fits, and 0 behind what it knows.
	 */
	size_t size;
	uint64_t map_calls;    /**< kernel calls that mapped memory */
	uint64_t unmap_calls;  /**< kernel calls that unmapped memory */
	uint64_t failed_calls; /**< calls, or batches of them, that failed */
	uint64_t areas;	       /**< intervals mapped now */
	uint64_t bytes;	       /**< bytes mapped now */
	uint64_t copy_calls;   /**< of map_calls: those that copied */
};

/** Where a device is found. */
struct rte_iommufd_device_place {
	size_t size;	 /**< sizeof(struct rte_iommufd_device_place) */
	char driver[64]; /**< kernel driver it is bound to; "" for none */
	char cdev[64];	 /**< its node in /dev/vfio/devices, or "" */
	int group;	 /**< its IOMMU group, or -1 */
	/**
	 * Whether the kernel knows a VF token for it: a PF that can have VFs, or a VF
	 * whose PF has a VFIO driver. It refuses a token for any other device
	 * (vfio_pci_validate_vf_token()).
	 */
	bool takes_vf_token;
	/**
	 * It has no IOMMU, and a VFIO driver that gives it out nevertheless, by the
	 * kernel's unsafe switch (enable_unsafe_noiommu_mode).
	 */
	bool noiommu;
};

/**
 * In rte_iommufd_hw_info.capabilities: the IOMMU records which pages the device writes, for
 * rte_iommufd_space_dirty_want(). IOMMU_HW_CAP_DIRTY_TRACKING.
 */
#define RTE_IOMMUFD_HW_DIRTY_TRACKING (UINT64_C(1) << 0)

/** What the IOMMU in front of a device can do. */
struct rte_iommufd_hw_info {
	size_t size; /**< sizeof(struct rte_iommufd_hw_info) */
	/** enum iommu_hw_info_type: 0 unknown, 1 Intel VT-d, 2 SMMUv3, 4 AMD */
	uint32_t type;
	/** Width of the PASIDs the device can use with this IOMMU; 0: none. */
	uint8_t max_pasid_log2;
	/**
	 * enum iommufd_hw_capabilities of linux/iommufd.h, such as
	 * RTE_IOMMUFD_HW_DIRTY_TRACKING
	 */
	uint64_t capabilities;
};

/**
 * The version of the library that the program runs with.
 *
 * @return
 *   For example "0.1.0".
 */
__rte_experimental const char *rte_iommufd_version(void);

/**
 * Set this process's settings from a program instead of the environment.
 *
 * To be called before rte_eal_init(). Settings are `key=value` pairs separated
 * by commas; what is given here replaces the environment variable RTE_IOMMUFD as
 * a whole. Keys:
 *
 * - `backend=auto|iommufd|type1|noiommu|stock`: auto takes IOMMUFD where the kernel
 *   and the device have it, else type1; iommufd and type1 take just that or fail;
 *   noiommu is for devices without an IOMMU, which the kernel gives out only with its
 *   unsafe switch on (auto takes them, too, and warns); stock leaves the work to
 *   DPDK's own VFIO code.
 * - `ioas=shared|per-device`: the bus plugin puts all devices into one address
 *   space, or each into one of its own, which has what the process maps for all
 *   (rte_iommufd_space_mirror()) and whatever the program maps there alone.
 * - `map=auto|file|va`: memory that has a file is mapped by it
 *   (IOMMU_IOAS_MAP_FILE, Linux 6.13) where that is possible, by it or not at all, or
 *   never by it. With type1 this has no effect.
 * - `threads=N`: how many threads make memory present, map and unmap it, 1 to 64;
 *   without it, as many as the process has CPUs, but not more than 16. Memory that
 *   comes and goes while the program works is always mapped by one.
 * - `rlimit=auto|user|process`: whom the kernel charges for memory that IOMMUFD pins, against
 *   RLIMIT_MEMLOCK: all processes of the user together, or this process
 *   (IOMMU_OPTION_RLIMIT_MODE, which needs CAP_SYS_RESOURCE). auto leaves it as it is: the
 *   user, unless /dev/iommu was passed with the other choice made. type1 always charges the
 *   process.
 *
 * @param settings
 *   The settings; NULL or "" for the defaults. Copied.
 * @return
 *   0, or
 *   - -EINVAL: unknown key, unknown value, or not of this form.
 *   - -EBUSY: the process's context has already chosen its backend.
 *   - -ENOMEM: out of memory.
 */
__rte_experimental int rte_iommufd_configure(const char *settings);

/**
 * The context that this process's devices use when the bus plugin opens them.
 *
 * Made at the first call, from rte_iommufd_configure() or the environment
 * variable RTE_IOMMUFD, which a program with more rights than its user (setuid, file
 * capabilities) does not read. It is never destroyed.
 *
 * @param[out] context
 *   The context; owned by the library.
 * @return
 *   0, or
 *   - -EINVAL: the environment variable RTE_IOMMUFD is not understood.
 *   - -ENOMEM: out of memory.
 */
__rte_experimental int rte_iommufd_context_default(
	struct rte_iommufd_context **context);

/**
 * Make another context: separate from the process's, with its own /dev/iommu. The same
 * memory mapped in two contexts is pinned and charged twice.
 *
 * @param settings
 *   As for rte_iommufd_configure(); NULL: as the process's.
 * @param[out] context
 *   The context; the caller ends it with rte_iommufd_context_destroy().
 * @return
 *   0, -EINVAL or -ENOMEM as for rte_iommufd_context_default().
 */
__rte_experimental int rte_iommufd_context_create(
	const char *settings, struct rte_iommufd_context **context);

/**
 * End a context made by rte_iommufd_context_create().
 *
 * @param context
 *   The context; NULL is allowed.
 * @return
 *   0, or
 *   - -EBUSY: it still has spaces or devices.
 */
__rte_experimental int rte_iommufd_context_destroy(
	struct rte_iommufd_context *context);

/**
 * Choose the backend now, if it is not chosen yet.
 *
 * @param context
 *   The context.
 * @param device_path
 *   The sysfs folder of the device that it will be for, for example
 *   /sys/bus/pci/devices/0000:01:00.0. With `backend=auto` it is opened, bound and
 *   attached for a moment, without a VF token, and what the kernel takes decides.
 *   NULL when there is no device yet: then only the nodes that all devices share
 *   are opened.
 * @return
 *   0, or
 *   - -ENXIO: neither IOMMUFD nor type1 can be used (or the one asked for cannot).
 *   - -ENODEV: there is no device at device_path, or no VFIO driver has it.
 *   - -EBUSY, -EACCES, -EPERM, -EINVAL: as for rte_iommufd_device_open().
 *   - -EOPNOTSUPP: this device is better left to DPDK's own code: the settings
 *     say so, or the kernel has no interface that this library serves. Not logged:
 *     rte_iommufd_context_reason() returns the reason.
 */
__rte_experimental int rte_iommufd_context_choose(
	struct rte_iommufd_context *context, const char *device_path);

/**
 * Which backend a context uses.
 *
 * @param context
 *   The context.
 * @return
 *   "iommufd", "type1v2", "type1", "noiommu", "stock", or "none" while that is open.
 */
__rte_experimental const char *rte_iommufd_context_backend(
	const struct rte_iommufd_context *context);

/**
 * Why a context uses the backend that it uses, or why it could not have one.
 *
 * @param context
 *   The context.
 * @return
 *   Part of a sentence in English, owned by the context; "" while it is open.
 */
__rte_experimental const char *rte_iommufd_context_reason(
	const struct rte_iommufd_context *context);

/**
 * Whether the settings request an address space for each device (ioas=per-device).
 *
 * @param context
 *   The context.
 * @return
 *   Whether they do.
 */
__rte_experimental bool rte_iommufd_context_is_per_device(
	const struct rte_iommufd_context *context);

/**
 * The space that EAL's memory is in: the first of the context that follows it
 * (rte_iommufd_space_follow_memory()), which is the bus plugin's where that has opened
 * devices. Spaces of the program's own that shall have EAL's memory as well mirror it,
 * so that it is pinned and charged once.
 *
 * @param context
 *   The context.
 * @return
 *   The space, which belongs to who made it, or NULL when there is none or it has
 *   ended.
 */
__rte_experimental struct rte_iommufd_space *rte_iommufd_context_memory(
	const struct rte_iommufd_context *context);

/**
 * Make an empty address space.
 *
 * @param context
 *   The context; its backend is decided if it was not.
 * @param[out] space
 *   The space; the caller ends it with rte_iommufd_space_destroy().
 * @return
 *   0, or
 *   - -ENOMEM: out of memory.
 *   - any error of rte_iommufd_context_choose() or of opening /dev/vfio/vfio.
 */
__rte_experimental int rte_iommufd_space_create(
	struct rte_iommufd_context *context, struct rte_iommufd_space **space);

/**
 * End an address space and all its mappings. Those that the kernel keeps for another
 * process (rte_iommufd_device_detach()) are unmapped first; it is logged when that fails.
 *
 * @param space
 *   The space; NULL is allowed.
 * @return
 *   0, or
 *   - -EBUSY: a device is attached to it, or a space mirrors it.
 */
__rte_experimental int rte_iommufd_space_destroy(
	struct rte_iommufd_space *space);

/**
 * The file descriptor that stands for a space in VFIO's type1 ioctls
 * (VFIO_IOMMU_MAP_DMA and its like): the legacy container, or /dev/iommu, told
 * by IOMMU_VFIO_IOAS to act on this space. One space of a context at a time can
 * have the latter. Mappings made through it are unknown to this library.
 *
 * @param space
 *   The space, which keeps the ownership of the descriptor.
 * @return
 *   The descriptor, or a negative errno of IOMMU_VFIO_IOAS.
 */
__rte_experimental int rte_iommufd_space_type1_fd(
	struct rte_iommufd_space *space);

/**
 * Map memory of this process at a fixed IOVA.
 *
 * The memory is pinned and charged to RLIMIT_MEMLOCK until it is unmapped
 * (processes with CAP_IPC_LOCK are not charged). While no device is attached it is only
 * recorded. It is pinned when the first device is attached, and errors of the memory are
 * reported then.
 *
 * @param space
 *   The space.
 * @param va
 *   Where the memory is; page-aligned.
 * @param iova
 *   Where the device shall see it; page-aligned.
 * @param length
 *   In bytes; a multiple of the page size.
 * @param rights
 *   RTE_IOMMUFD_MAP_READ, RTE_IOMMUFD_MAP_WRITE or both.
 * @return
 *   0, or (kernel: iommufd_ioas_map(), vfio_dma_do_map())
 *   - -EINVAL: not aligned, empty, no rights, or outside the space's ranges
 *     (reserved, or beyond the IOMMU's width).
 *   - -EEXIST: something is mapped there.
 *   - -EFAULT: va is not memory. Registers are none to the kernel, but where this process has
 *     mapped them (by VFIO or by sysfs) and has the device open in the same context, they are
 *     mapped as by rte_iommufd_space_map_region().
 *   - -ENOMEM: over RLIMIT_MEMLOCK, or out of memory.
 *   - -ENOSPC: type1's limit on the number of mappings (65535).
 */
__rte_experimental int rte_iommufd_space_map(struct rte_iommufd_space *space,
	const void *va, uint64_t iova, uint64_t length, uint32_t rights);

/**
 * Map memory that this process has mapped from a file, by that file: a
 * hugetlbfs file, a memfd, shared memory. The kernel then takes whole pages of the
 * file instead of walking this process's page tables, which is many times faster.
 * Where kernel or backend cannot, this is rte_iommufd_space_map().
 *
 * @param space
 *   The space.
 * @param file
 *   The open file; needed only during the call.
 * @param offset
 *   Where in the file the memory begins, in bytes.
 * @param va
 *   Where this process has mapped (MAP_SHARED) that part of the file.
 * @param iova
 *   Where the device shall see it.
 * @param length
 *   In bytes.
 * @param rights
 *   RTE_IOMMUFD_MAP_READ, RTE_IOMMUFD_MAP_WRITE or both.
 * @return
 *   As rte_iommufd_space_map() (kernel: iommufd_ioas_map_file()).
 */
__rte_experimental int rte_iommufd_space_map_file(
	struct rte_iommufd_space *space, int file, uint64_t offset,
	const void *va, uint64_t iova, uint64_t length, uint32_t rights);

/**
 * Map many pieces of memory: all, or none. With IOMMUFD several threads do it in parallel
 * (setting `threads`). They first make memory present that is not, and long work logs its
 * progress from time to time. Each run can be unmapped by itself; neighbours also
 * together, by one call.
 *
 * @param space
 *   The space.
 * @param runs
 *   What to map; see rte_iommufd_space_map() and rte_iommufd_space_map_file().
 * @param run_size
 *   sizeof(struct rte_iommufd_run), which is how far apart the runs lie.
 * @param count
 *   How many runs there are.
 * @return
 *   0, or
 *   - -EINVAL: also when run_size is less than that of the structure's first version.
 *   - -ENOMEM: also when there is no memory for the record of them.
 *   - any error of rte_iommufd_space_map(), for one of the runs.
 */
__rte_experimental int rte_iommufd_space_map_runs(
	struct rte_iommufd_space *space, const struct rte_iommufd_run *runs,
	size_t run_size, unsigned int count);

/**
 * Map what is mapped in another space of the same context, or part of it. With
 * IOMMUFD the memory is pinned and charged once, however many spaces have it, and
 * stays so until the last of them has unmapped it (IOMMU_IOAS_COPY). A legacy
 * container pins and charges it again.
 *
 * Where the source has several adjacent mappings, the copy has as many, and they
 * can be unmapped one by one. The source's must not be unmapped during the call.
 *
 * @param space
 *   The space to map in.
 * @param iova
 *   Where the devices in it shall see the memory.
 * @param source
 *   The space to copy from.
 * @param source_iova
 *   Where the memory is mapped there.
 * @param length
 *   In bytes.
 * @param rights
 *   As for rte_iommufd_space_map(); not more than the memory itself allows.
 * @return
 *   0, or (kernel: iommufd_ioas_copy())
 *   - -ENOENT: something in the interval is not mapped in the source.
 *   - -EINVAL: the same space, spaces of two contexts, or as for
 *     rte_iommufd_space_map().
 *   - -EPERM: the memory cannot be written.
 *   - any error of rte_iommufd_space_map().
 */
__rte_experimental int rte_iommufd_space_copy(struct rte_iommufd_space *space,
	uint64_t iova, struct rte_iommufd_space *source, uint64_t source_iova,
	uint64_t length, uint32_t rights);

/**
 * Let a space mirror another one: it gets all mappings of the other space, at the same
 * addresses, now and whenever something is mapped and unmapped there. It can have
 * mappings of its own as well. With IOMMUFD the memory is pinned and charged once, as by
 * rte_iommufd_space_copy(); legacy containers pin and charge it again for each.
 *
 * This is how `ioas=per-device` keeps devices apart: a source without devices follows
 * EAL's memory, and each device has a space that mirrors it. When something cannot be
 * mapped in one of the mirrors, it is mapped in none of them, nor in the source.
 *
 * Best called when the space has its device: its page table is filled once then.
 *
 * @param space
 *   A space that mirrors nothing, follows no memory and is mirrored by none; it mirrors
 *   until it is destroyed.
 * @param source
 *   A space of the same context that mirrors nothing.
 * @return
 *   0 (also when it mirrors the source already), or
 *   - -EINVAL: not such spaces.
 *   - any error of rte_iommufd_space_copy(); then nothing was mapped.
 */
__rte_experimental int rte_iommufd_space_mirror(
	struct rte_iommufd_space *space, struct rte_iommufd_space *source);

/**
 * Map part of a device's region (of a BAR) for the DMA of other devices: P2P. The
 * owner gives the region out as a dma-buf, and IOMMUFD maps that: Linux 6.19.
 *
 * A reset of the owner, its detachment or its end revokes the mapping: DMA to it is
 * refused then, until it is unmapped and mapped anew. With legacy containers map the
 * address at which the program has mapped the region (mmap() of the owner's
 * descriptor) with rte_iommufd_space_map(), which IOMMUFD takes as well.
 *
 * @param space
 *   The space.
 * @param owner
 *   The device whose region it is, of the same context.
 * @param region
 *   Its index: VFIO_PCI_BAR0_REGION_INDEX and so on.
 * @param offset
 *   Where in the region it begins; page-aligned.
 * @param iova
 *   Where the devices of the space shall see it.
 * @param length
 *   In bytes; a multiple of the page size.
 * @param rights
 *   RTE_IOMMUFD_MAP_READ, RTE_IOMMUFD_MAP_WRITE or both.
 * @return
 *   0, or (kernel: vfio_pci_core_feature_dma_buf(), iommufd_ioas_map_file())
 *   - -EOPNOTSUPP: the backend or the kernel does not offer this.
 *   - -ENODEV: the region is no memory, or the platform does not let devices reach
 *     each other.
 *   - -EINVAL: no such part of the region, or as for rte_iommufd_space_map().
 *   - any error of rte_iommufd_space_map().
 */
__rte_experimental int rte_iommufd_space_map_region(
	struct rte_iommufd_space *space, struct rte_iommufd_device *owner,
	unsigned int region, uint64_t offset, uint64_t iova, uint64_t length,
	uint32_t rights);

/**
 * Name IOVAs that have to stay usable in a space: a device whose IOMMU would take one
 * of them away cannot be attached from then on (IOMMU_IOAS_ALLOW_IOVAS).
 * rte_iommufd_space_follow_memory() names the addresses that EAL has reserved for its memory,
 * as far as the devices that are attached already can use them; these stay named, whatever
 * the program names.
 *
 * @param space
 *   The space.
 * @param ranges
 *   They replace those that the program has named before.
 * @param count
 *   How many there are; 0: none any more.
 * @return
 *   0, or (then those that were named before stay; kernel: iommufd_ioas_allow_iovas())
 *   - -EADDRINUSE: one of them is reserved already.
 *   - -EOPNOTSUPP: type1 has nothing like it.
 *   - -EINVAL: a range ends before it begins, or they overlap.
 *   - -ENOMEM: out of memory.
 */
__rte_experimental int rte_iommufd_space_allow(struct rte_iommufd_space *space,
	const struct rte_iommufd_range *ranges, unsigned int count);

/**
 * Unmap what was mapped: one or several whole mappings without a gap.
 *
 * @param space
 *   The space.
 * @param iova
 *   Where the first of them begins.
 * @param length
 *   In bytes, up to the end of the last of them.
 * @return
 *   0, or
 *   - -ENOENT: something in the interval is not mapped. Nothing was unmapped.
 *   - -EINVAL: it begins or ends inside a mapping. Nothing was unmapped.
 *   - -EPERM: a secondary process has mapped part of it (rte_iommufd_process_map()).
 *     Nothing was unmapped.
 *   - -EIO: the kernel unmapped another length than requested.
 *   - another errno of the kernel. After these two, what the kernel has there is not
 *     known, and nothing can be mapped there until it is unmapped.
 */
__rte_experimental int rte_iommufd_space_unmap(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

/**
 * Map memory that may be mapped already, as rte_vfio_container_dma_map() does: programs map
 * the same memory once for each of their ports, and memory that EAL's covers. What is there
 * already is counted and not entered again, when it is
 *
 * - the same interval, mapped by this function before; or
 * - part or all of what others have mapped (EAL, rte_iommufd_space_map(), a space that this one
 *   mirrors), with at least these rights.
 *
 * The memory behind it has to be the same: at the same address of this process, or at
 * another one with the same physical pages behind it, as where IOVAs are physical
 * addresses. The latter is looked up in /proc/self/pagemap, which shows it to processes
 * with CAP_SYS_ADMIN.
 *
 * @param space
 *   The space.
 * @param va
 *   Where the memory is; page-aligned.
 * @param iova
 *   Where the device shall see it; page-aligned.
 * @param length
 *   In bytes; a multiple of the page size.
 * @param rights
 *   RTE_IOMMUFD_MAP_READ, RTE_IOMMUFD_MAP_WRITE or both.
 * @return
 *   0, or
 *   - -EEXIST: something else is mapped there, or other memory, or other memory as far as can be
 *     told.
 *   - any error of rte_iommufd_space_map().
 */
__rte_experimental int rte_iommufd_space_map_counted(
	struct rte_iommufd_space *space, const void *va, uint64_t iova,
	uint64_t length, uint32_t rights);

/**
 * Take back one call of rte_iommufd_space_map_counted(), or several calls for adjacent
 * intervals. What was mapped by such calls is unmapped with the last of them; what others
 * have mapped stays.
 *
 * @param space
 *   The space.
 * @param va
 *   Where the memory is, as it was mapped.
 * @param iova
 *   Where the first interval begins.
 * @param length
 *   In bytes, up to the end of the last one.
 * @return
 *   0, or
 *   - -EINVAL: something in the interval was not mapped so. Nothing was unmapped.
 *   - -EOPNOTSUPP: it begins or ends inside what was mapped by one call. Nothing was unmapped.
 *   - -EIO or another errno of the kernel, as for rte_iommufd_space_unmap(); the call can be
 *     repeated for what is left.
 */
__rte_experimental int rte_iommufd_space_unmap_counted(
	struct rte_iommufd_space *space, const void *va, uint64_t iova,
	uint64_t length);

/**
 * Look up where an IOVA interval lies in this process.
 *
 * @param space
 *   The space.
 * @param iova
 *   The first address.
 * @param length
 *   In bytes.
 * @param rights
 *   The rights that its mappings need to have at least.
 * @param[out] va
 *   Where this process sees it.
 * @return
 *   0, or
 *   - -ENOENT: not mapped from end to end, with these rights, to contiguous
 *     memory. Not logged: it is an answer.
 */
__rte_experimental int rte_iommufd_space_lookup(struct rte_iommufd_space *space,
	uint64_t iova, uint64_t length, uint32_t rights, void **va);

/**
 * Read which IOVAs can be mapped: the IOMMU's width less what is reserved (on x86
 * the interrupt window at 0xfee00000). Each device that is attached can narrow
 * the ranges, so they are read from the kernel at every call. Does not wait for a call that
 * maps or unmaps.
 *
 * @param space
 *   The space.
 * @param[out] ranges
 *   Filled in ascending order; may be NULL when capacity is 0.
 * @param capacity
 *   How many fit into ranges.
 * @return
 *   How many ranges there are (more than capacity: only capacity were stored), or
 *   - -EOPNOTSUPP: the kernel does not report them (type1 without a device, or
 *     before Linux 5.4).
 *   - another negative errno of the kernel.
 */
__rte_experimental int rte_iommufd_space_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, unsigned int capacity);

/**
 * Read what has been done for a space so far. Does not wait for a call that maps or unmaps:
 * what such a call has mapped counts in areas and bytes from its beginning.
 *
 * @param space
 *   The space.
 * @param[in,out] stats
 *   The figures; its size set by the caller.
 * @return
 *   0, or
 *   - -EINVAL: the size is less than that of the structure's first version.
 */
__rte_experimental int rte_iommufd_space_stats(
	struct rte_iommufd_space *space, struct rte_iommufd_space_stats *stats);

/** For rte_iommufd_space_dirty_read(): what is read stays to be read again. */
#define RTE_IOMMUFD_DIRTY_KEEP (1u << 0)

/**
 * Make the page tables of a space so that they can record which pages devices write. To be
 * called before the first device is attached: a page table cannot be changed later. A device
 * whose IOMMU has no dirty tracking is attached nevertheless, and one line says why its
 * writes cannot be recorded; rte_iommufd_space_dirty_start() is then refused.
 *
 * With a legacy container (type1v2) the kernel keeps the record. For a device behind an IOMMU it
 * does not know what was written: all memory that is mapped counts as written, whatever rights
 * it has, and each read returns all of it again (update_user_bitmap() in vfio_iommu_type1.c,
 * Linux 5.8 to 7.3). So no page is missed, and a copy is complete only after the device has
 * stopped. rte_iommufd_space_dirty_start() says so in a line. Only devices that their driver
 * emulates (mdev) are recorded page by page.
 *
 * @param space
 *   The space.
 * @return
 *   0 (also when it was called before), or
 *   - -EBUSY: a device or a PASID is attached.
 *   - -EOPNOTSUPP: the backend is neither IOMMUFD with an IOMMU nor type1v2.
 */
__rte_experimental int rte_iommufd_space_dirty_want(
	struct rte_iommufd_space *space);

/**
 * Begin to record which pages the devices and PASIDs of a space write. What they wrote before
 * is forgotten. A space that mirrors this one has a record of its own: start that as well.
 *
 * While writes are recorded, memory can be mapped and unmapped, and devices can come and go:
 * what was written in memory before it is unmapped, or before its device is detached, is
 * kept until it is read. No device may write to memory while that is being unmapped: what comes
 * between the last look and the kernel's unmapping is lost. A device whose writes cannot be
 * recorded is refused. Memory of secondary processes is not part of it once it is unmapped.
 *
 * @param space
 *   The space.
 * @return
 *   0, or
 *   - -EALREADY: it is recorded already.
 *   - -EINVAL: rte_iommufd_space_dirty_want() was not called.
 *   - -EOPNOTSUPP: a device or PASID of the space is on a page table that records no writes.
 *   - another errno of the kernel (IOMMU_HWPT_SET_DIRTY_TRACKING,
 *     iommufd_hwpt_set_dirty_tracking(); VFIO_IOMMU_DIRTY_PAGES,
 *     vfio_iommu_type1_dirty_pages(), -ENOTTY where the container is IOMMUFD's); nothing is
 *     recorded then.
 */
__rte_experimental int rte_iommufd_space_dirty_start(
	struct rte_iommufd_space *space);

/**
 * End the record. What was not read is forgotten.
 *
 * @param space
 *   The space.
 * @return
 *   0, or
 *   - -EINVAL: nothing is recorded.
 *   - another errno of the kernel (iommufd_hwpt_set_dirty_tracking()); the record goes on in
 *     some page tables then, which costs time, and has no other effect.
 */
__rte_experimental int rte_iommufd_space_dirty_stop(
	struct rte_iommufd_space *space);

/**
 * Read which pages were written since the start, or since they were last read.
 *
 * A page is one of the processor's (sysconf(_SC_PAGESIZE)). The IOMMU may have larger ones,
 * then all pages in them count as written. To read also starts the record of the interval
 * anew; that needs whole mappings, because a page of the IOMMU can be as large as a mapping
 * and has one mark. With RTE_IOMMUFD_DIRTY_KEEP it can be any interval.
 *
 * A device that writes while this is called: its page is reported by this or by the next
 * call. After the last call for an interval, no device may write there.
 *
 * @param space
 *   The space.
 * @param iova
 *   The first address; page-aligned.
 * @param length
 *   In bytes; a multiple of the page size. Parts of it may be unmapped.
 * @param flags
 *   0 or RTE_IOMMUFD_DIRTY_KEEP.
 * @param[in,out] bitmap
 *   One bit for each page, from the lowest bit of the first word. Bits are set, and never
 *   cleared. Also after an error, what was set is true and may not be reported again.
 * @return
 *   0, or
 *   - -EINVAL: nothing is recorded; the interval is empty, not aligned, or beyond the end of
 *     addresses; an unknown flag; or a mapping begins or ends outside of the interval. Nothing
 *     was read then.
 *   - -ENOMEM: no memory for it, here or in the kernel (iova_bitmap_alloc()).
 *   - another errno of the kernel (IOMMU_HWPT_GET_DIRTY_BITMAP,
 *     iopt_read_and_clear_dirty_data(); VFIO_IOMMU_DIRTY_PAGES, vfio_iova_dirty_bitmap()).
 */
__rte_experimental int rte_iommufd_space_dirty_read(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	uint32_t flags, uint64_t *bitmap);

/**
 * Keep EAL's memory mapped in a space: all of it now, and what EAL allocates and
 * frees later as it does so. Memory of external heaps
 * (rte_malloc_heap_memory_add()) is part of it; what rte_extmem_register() adds
 * is not: map that with rte_dev_dma_map() or rte_iommufd_space_map().
 *
 * Where EAL runs without memory events (--legacy-mem, --no-huge), heaps that are
 * added later are not noticed.
 *
 * EAL has no way to hear that memory which it has just allocated could not be mapped: that
 * is logged, devices cannot reach the memory, and the next call of this function tries it
 * again. The bus plugin makes it for each device that is opened.
 *
 * Takes EAL's memory hotplug lock for reading. Best called after the first
 * device is attached: memory mapped before is entered a second time, page by
 * page, when a device brings the first page table.
 *
 * @param space
 *   The space.
 * @return
 *   0 (also when it is followed already, and nothing of EAL's memory is missing in it), or
 *   - -EINVAL: also when the space mirrors another one, or there is no IOMMU and EAL
 *     does not use physical addresses.
 *   - any error of rte_iommufd_space_map() or rte_mem_event_callback_register();
 *     nothing stays mapped, and of a space that is followed already what was mapped.
 */
__rte_experimental int rte_iommufd_space_follow_memory(
	struct rte_iommufd_space *space);

/**
 * Look a device up in sysfs, without opening it.
 *
 * @param device_path
 *   The device's sysfs folder, for example /sys/bus/pci/devices/0000:01:00.0.
 * @param[in,out] place
 *   What is found there; size set by the caller.
 * @return
 *   0, or (a device that is not there is not logged: it is an answer)
 *   - -ENODEV: there is no such device.
 *   - -EINVAL: the path is too long (not logged), or place is smaller than it was at first.
 */
__rte_experimental int rte_iommufd_device_find(
	const char *device_path, struct rte_iommufd_device_place *place);

/**
 * Open a VFIO device.
 *
 * With IOMMUFD the device is opened at /dev/vfio/devices/vfioN and bound to the
 * context: no other process can open it until it is closed, and it can do no DMA until
 * it is attached to a space. A legacy group gives it out only when it is attached.
 *
 * Files that were passed to the process are used in place of the nodes (LISTEN_FDS of
 * sd_listen_fds(3); names in LISTEN_FDNAMES: `iommu` for /dev/iommu; `vfioN`, or
 * `pci-0000-01-00.0` for the device 0000:01:00.0). The file of a device stays open when the
 * device is closed, stopped and bound, so that it can be opened again.
 *
 * @param context
 *   The context; its backend is decided if it was not.
 * @param device_path
 *   The device's sysfs folder, for example /sys/bus/pci/devices/0000:01:00.0.
 * @param vf_token
 *   The token of RTE_IOMMUFD_VF_TOKEN_LENGTH bytes that the PF's owner set, or
 *   NULL. It is never left out when the kernel does not take it.
 * @param[out] device
 *   The device; the caller ends it with rte_iommufd_device_close().
 * @return
 *   0, or
 *   - -ENODEV: not bound to a VFIO driver, or not there. Not logged: callers try
 *     other ways.
 *   - -EBUSY: opened by another process, or its group is; or by this one, when its file was
 *     passed.
 *   - -EACCES: no permission for the device's node, or wrong VF token.
 *   - -EBADF: LISTEN_FDNAMES names a descriptor that is not open (fstat()).
 *   - -EPERM: no interrupt remapping; or the group is not viable (type1).
 *   - -EINVAL: the kernel takes no VF token on this interface (before 6.17), or
 *     another process has the device (iommufd), or the path is too long.
 *   - -ENXIO: with `backend=auto` and no backend decided, the kernel refuses the
 *     device by IOMMUFD and by a legacy container; the line has both reasons. Or a file that
 *     was passed is not what its name says.
 *   - any error of rte_iommufd_context_choose().
 */
__rte_experimental int rte_iommufd_device_open(
	struct rte_iommufd_context *context, const char *device_path,
	const uint8_t *vf_token, struct rte_iommufd_device **device);

/**
 * Find a device that is open in a context, for example one that the bus plugin has
 * opened for a PMD.
 *
 * @param context
 *   The context.
 * @param device_path
 *   The device's sysfs folder, by any path that leads to it.
 * @param[out] device
 *   The device, which belongs to the code that opened it.
 * @return
 *   0, or
 *   - -ENODEV: it is not open there. Not logged: it is an answer.
 */
__rte_experimental int rte_iommufd_device_lookup(
	struct rte_iommufd_context *context, const char *device_path,
	struct rte_iommufd_device **device);

/**
 * Answer secondary processes: they borrow the devices of this primary process's default
 * context (rte_iommufd_context_default()), since a VFIO device can be opened only once,
 * and map memory of their own for them (rte_iommufd_process_map()). With backend stock
 * the answer says so. To be called before a secondary process sends a request, best
 * before the first device.
 *
 * @return
 *   0 (also when that is so already, and when EAL runs without secondary
 *   processes: --in-memory, --no-shconf), or
 *   - -EINVAL: called in a secondary process.
 *   - another negative errno of rte_mp_action_register().
 */
__rte_experimental int rte_iommufd_process_serve(void);

/**
 * Borrow a device from the primary process, in a secondary one. The device shows
 * only its file descriptor and VFIO information; only the primary attaches it.
 *
 * @param device_path
 *   The device's sysfs folder, as the primary opened it.
 * @param[out] device
 *   The device; the caller ends it with rte_iommufd_device_close().
 * @return
 *   0, or
 *   - -ENOENT: the primary has not opened this device, or it is not there.
 *   - -EOPNOTSUPP: the primary says that DPDK's own code serves its devices. Not logged.
 *   - -ETIMEDOUT: the primary does not answer, or does not use this library. Logged at
 *     the first request only; for some seconds after it no request is sent.
 *   - -ECONNREFUSED: the primary has ended, or has not started yet.
 *   - -ECHILD: called in a child that the secondary process has made by fork().
 *   - -EPROTO: the primary's answer is not understood: it uses another version of this library.
 *   - -EINVAL: called in a primary process, or the path is too long.
 *   - -EIO: the answer came without a descriptor.
 *   - -ENOMEM: out of memory.
 *   - another negative errno of rte_mp_request_sync() or of fcntl().
 */
__rte_experimental int rte_iommufd_process_borrow(
	const char *device_path, struct rte_iommufd_device **device);

/**
 * Map memory of this secondary process for the primary's devices: those in the space that
 * follows EAL's memory there (rte_iommufd_context_memory()) and in the spaces that mirror
 * it. What is mapped so is charged to this process, and is unmapped when it ends, however
 * it ends. The same memory may be mapped several times, and is unmapped as often; EAL's
 * memory is mapped already, which is no error.
 *
 * With type1 it also ends when the primary gives up its last device, unless this process has
 * borrowed one that keeps the page table: then it is to be unmapped, and mapped again when the
 * primary has a device.
 *
 * Waits for the primary's answer, so it must not be called in EAL's channel thread, for
 * example in a callback of a memory event.
 *
 * @param va
 *   The memory in this process, aligned to pages.
 * @param iova
 *   Where devices shall see it, aligned to pages.
 * @param length
 *   In bytes, a multiple of the page size.
 * @return
 *   0, or
 *   - -EEXIST: part of it is mapped, by the primary or by another secondary.
 *   - -ENODEV: the primary has no device there. Not logged.
 *   - -EOPNOTSUPP: the primary uses backend stock, or ioas=per-device with type1, which
 *     cannot copy mappings to each device.
 *   - -ESTALE: the primary has ended that space.
 *   - -ETIMEDOUT, -ECONNREFUSED, -ECHILD, -EPROTO: as from rte_iommufd_process_borrow().
 *   - -EINVAL: called in a primary process, or the interval is none; or the kernel says so:
 *     not aligned, or not an address that the devices reach.
 *   - -ENOMEM: out of memory, or RLIMIT_MEMLOCK (iopt_map_pages(), vfio_dma_do_map()).
 *   - -EFAULT: there is no memory at va (pin_user_pages()).
 *   - -ENOSPC: more mappings than type1 allows (vfio_dma_do_map()).
 *   - another negative errno of rte_mp_request_sync() or of the kernel.
 */
__rte_experimental int rte_iommufd_process_map(
	const void *va, uint64_t iova, uint64_t length);

/**
 * Unmap what rte_iommufd_process_map() has mapped: one mapping, or several adjacent ones.
 *
 * @param va
 *   As it was mapped.
 * @param iova
 *   As it was mapped.
 * @param length
 *   In bytes.
 * @return
 *   0, or
 *   - -EINVAL: called in a primary process; or not all of it was mapped so by this process,
 *     or it begins or ends inside of what was.
 *   - -ETIMEDOUT, -ECONNREFUSED, -ECHILD, -EPROTO: as from rte_iommufd_process_borrow().
 *   - -ENOENT: the primary does not know the mapping any more.
 *   - any error of rte_iommufd_space_unmap().
 */
__rte_experimental int rte_iommufd_process_unmap(
	const void *va, uint64_t iova, uint64_t length);

/**
 * Close a device; its PASIDs, and then itself, are detached first. One that is bound to an
 * sva (rte_iommufd_sva_bind()) is unbound by its user before.
 *
 * @param device
 *   The device; NULL is allowed. Its file descriptor is closed.
 */
__rte_experimental void rte_iommufd_device_close(
	struct rte_iommufd_device *device);

/**
 * Put a device into an address space.
 *
 * @param device
 *   The device, attached to none.
 * @param space
 *   A space of the same context.
 * @return
 *   0, or
 *   - -EINVAL: attached already, or of another context; or the IOMMU cannot
 *     reach memory that is mapped in the space.
 *   - -EBUSY: the device was being reset, and two seconds later still was; or its
 *     group is in another space (type1; with IOMMUFD that is -EINVAL); or the kernel
 *     keeps its group in the container of another space, see
 *     rte_iommufd_device_detach().
 *   - -EFAULT, -ENOMEM: memory that was mapped before cannot be pinned.
 *   - -EADDRINUSE: its IOMMU has reserved addresses at which memory is mapped, or
 *     that were named by rte_iommufd_space_allow().
 *   - -EOPNOTSUPP: the space records writes (rte_iommufd_space_dirty_start()), and those of
 *     this device cannot be recorded.
 *   - another negative errno of VFIO_DEVICE_ATTACH_IOMMUFD_PT, or with the type1
 *     backend of VFIO_GROUP_SET_CONTAINER, VFIO_SET_IOMMU, VFIO_GROUP_GET_DEVICE_FD,
 *     VFIO_IOMMU_MAP_DMA or VFIO_IOMMU_DIRTY_PAGES.
 */
__rte_experimental int rte_iommufd_device_attach(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space);

/**
 * Request that the bus gives a device an empty address space of its own when it opens it,
 * instead of EAL's memory, which then is neither mapped nor pinned for it. For a driver
 * whose device uses no IOVA without a PASID, for example with rte_iommufd_sva.h.
 *
 * The request holds until it is withdrawn. A driver makes it in its probe function, before it
 * calls rte_pci_map_device() (so it does not set RTE_PCI_DRV_NEED_MAPPING), and withdraws it
 * after that call.
 *
 * It has an effect only in the primary process and with librte_bus_pci_iommufd on IOMMUFD or
 * type1. A device of an IOMMU group of which another device is open shares that one's address
 * space, because the IOMMU does not keep the two apart.
 *
 * @param path
 *   The device's folder in sysfs, whose last part is its address.
 * @return
 *   0 (also when the request was made before), or
 *   - -ENOMEM: no memory.
 */
__rte_experimental int rte_iommufd_device_request_empty(const char *path);

/**
 * Withdraw rte_iommufd_device_request_empty(). A device that is open keeps its address space.
 *
 * @param path
 *   As in the request; nothing happens where there is none.
 */
__rte_experimental void rte_iommufd_device_request_withdraw(const char *path);

/**
 * Move a device, and with it the others of its IOMMU group, from its address space
 * into another one: it is never detached, so when the new one does not suit it, it has
 * never left the old one (iommufd_device_replace()).
 *
 * Whether DMA goes on meanwhile is up to the driver of the IOMMU. SMMUv3's changes the
 * page table in one step. Intel's, up to Linux 7.3 at least, takes the old one away
 * first (intel_iommu_attach_device(), device_block_translation()), and what the device
 * does in that instant is refused and reported. Where that matters, let DMA rest.
 *
 * @param device
 *   The device, attached.
 * @param space
 *   A space of the same context.
 * @return
 *   0 (also when it is there already), or
 *   - -EOPNOTSUPP: legacy containers cannot; detach and attach, with DMA stopped.
 *   - any error of rte_iommufd_device_attach(); the device stays where it was.
 */
__rte_experimental int rte_iommufd_device_move(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space);

/**
 * The address space that a device is attached to.
 *
 * @param device
 *   The device.
 * @return
 *   The space, which belongs to who made it, or NULL.
 */
__rte_experimental struct rte_iommufd_space *rte_iommufd_device_space(
	const struct rte_iommufd_device *device);

/**
 * Take a device out of its address space: its DMA is refused from then on. With
 * the type1 backend its file descriptor is closed.
 *
 * With the type1 backend the kernel keeps a device's group in the container while a file
 * of one of its devices is open anywhere, in a secondary process or a child of fork() for
 * example, or while its registers are mapped (vfio_group_ioctl_unset_container()). Then
 * the function succeeds, logs it, and the process with that file can still use what is
 * mapped in the space. What is mapped and unmapped in the space later is mapped and
 * unmapped for that process, too. The same holds for rte_iommufd_device_close(), which
 * does not log it.
 *
 * @param device
 *   The device.
 * @return
 *   0, or
 *   - -EINVAL: it is not attached.
 *   - -EBUSY: spaces are attached to its PASIDs (rte_iommufd_pasid.h).
 *   - a negative errno of VFIO_DEVICE_DETACH_IOMMUFD_PT.
 */
__rte_experimental int rte_iommufd_device_detach(
	struct rte_iommufd_device *device);

/**
 * The device's file descriptor, for VFIO's device ioctls (regions, interrupts,
 * reset), which are the same in both worlds.
 *
 * @param device
 *   The device, which keeps the ownership of the descriptor.
 * @return
 *   The descriptor, or -ENODEV while there is none (type1, not attached).
 */
__rte_experimental int rte_iommufd_device_fd(
	const struct rte_iommufd_device *device);

/**
 * Read the device's VFIO information (VFIO_DEVICE_GET_INFO).
 *
 * @param device
 *   The device.
 * @param[in,out] info
 *   linux/vfio.h's structure, argsz set by the caller.
 * @return
 *   0, or a negative errno of the ioctl.
 */
__rte_experimental int rte_iommufd_device_info(
	const struct rte_iommufd_device *device, struct vfio_device_info *info);

/**
 * Read what the IOMMU in front of the device can do (IOMMU_GET_HW_INFO).
 *
 * @param device
 *   The device.
 * @param[in,out] info
 *   The answer; size set by the caller.
 * @return
 *   0, or
 *   - -EINVAL: a borrowed device (not logged), or info is smaller than it was at first.
 *   - -EOPNOTSUPP: the backend or the IOMMU's driver does not report it. Not logged.
 *   - another negative errno of the ioctl.
 */
__rte_experimental int rte_iommufd_device_hw_info(
	const struct rte_iommufd_device *device,
	struct rte_iommufd_hw_info *info);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_H */
