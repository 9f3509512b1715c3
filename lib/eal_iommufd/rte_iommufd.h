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
 *   of the two (the *backend*) is decided once, when the first device or space
 *   asks for it, and never changes.
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
 * Order of locks: EAL's memory hotplug lock, then a context's, then a space's.
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

/** What has been done for a space so far. */
struct rte_iommufd_space_stats {
	uint64_t map_calls;    /**< kernel calls that mapped memory */
	uint64_t unmap_calls;  /**< kernel calls that unmapped memory */
	uint64_t failed_calls; /**< how many of either failed */
	uint64_t areas;	       /**< intervals mapped now */
	uint64_t bytes;	       /**< bytes mapped now */
};

/** Where a device is found. */
struct rte_iommufd_device_place {
	char driver[64]; /**< kernel driver it is bound to; "" for none */
	char cdev[64];	 /**< its node in /dev/vfio/devices, or "" */
	int group;	 /**< its IOMMU group, or -1 */
	/**
	 * Whether the kernel knows a VF token for it: a PF that can have VFs, or a VF
	 * whose PF has a VFIO driver. It refuses a token for any other device
	 * (vfio_pci_validate_vf_token()).
	 */
	bool takes_vf_token;
};

/** What the IOMMU in front of a device can do. */
struct rte_iommufd_hw_info {
	/** enum iommu_hw_info_type: 0 unknown, 1 Intel VT-d, 2 SMMUv3, 4 AMD */
	uint32_t type;
	/** Width of the PASIDs the device can use with this IOMMU; 0: none. */
	uint8_t max_pasid_log2;
	/** enum iommufd_hw_capabilities of linux/iommufd.h */
	uint64_t capabilities;
};

/**
 * Set this process's settings from a program instead of the environment.
 *
 * To be called before rte_eal_init(). Settings are `key=value` pairs separated
 * by commas; what is given here replaces the environment variable RTE_IOMMUFD as
 * a whole. Keys:
 *
 * - `backend=auto|iommufd|type1|stock`: auto takes IOMMUFD where the kernel and
 *   the device have it, else type1; iommufd and type1 take just that or fail;
 *   stock leaves the work to DPDK's own VFIO code.
 * - `map=auto|file|va`: memory that has a file is mapped by it
 *   (IOMMU_IOAS_MAP_FILE, Linux 6.13) where that is possible, by it or not at all, or
 *   never by it. With type1 this says nothing.
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
 * variable RTE_IOMMUFD. It is never destroyed.
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
 * Make a context of one's own: separate from the process's, with its own
 * /dev/iommu. The same memory mapped in two contexts is pinned and charged twice.
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
 * Decide for a backend now, if that has not happened yet.
 *
 * @param context
 *   The context.
 * @param device_path
 *   The sysfs folder of the device that it will be for, for example
 *   /sys/bus/pci/devices/0000:01:00.0; NULL when there is none yet, then the
 *   device's side is not looked at.
 * @return
 *   0, or
 *   - -ENXIO: neither IOMMUFD nor type1 can be used (or the one asked for cannot).
 *   - -ENODEV: there is no device at device_path.
 *   - -EOPNOTSUPP: this device is better left to DPDK's own code: the settings
 *     say so, or the kernel has no interface that this library serves. Not
 *     logged: rte_iommufd_context_reason() tells why.
 */
__rte_experimental int rte_iommufd_context_choose(
	struct rte_iommufd_context *context, const char *device_path);

/**
 * Which backend a context uses.
 *
 * @param context
 *   The context.
 * @return
 *   "iommufd", "type1v2", "type1", "stock", or "none" while that is open.
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
 * End an address space and all its mappings.
 *
 * @param space
 *   The space; NULL is allowed.
 * @return
 *   0, or
 *   - -EBUSY: a device is attached to it.
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
 * (processes with CAP_IPC_LOCK are not charged). With the type1 backend and no
 * device attached, the mapping is noted and made when the first device comes.
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
 *   - -EFAULT: va is not memory (device registers are not, either).
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
 *   - -EIO: the kernel unmapped another length than was asked for.
 */
__rte_experimental int rte_iommufd_space_unmap(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

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
 * the ranges, so they are read from the kernel at every call.
 *
 * @param space
 *   The space.
 * @param[out] ranges
 *   Filled in ascending order; may be NULL when capacity is 0.
 * @param capacity
 *   How many fit into ranges.
 * @return
 *   How many ranges there are (more than capacity: only capacity were stored), or
 *   - -EOPNOTSUPP: the kernel does not tell (type1 without a device, or
 *     before Linux 5.4).
 *   - another negative errno of the kernel.
 */
__rte_experimental int rte_iommufd_space_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, unsigned int capacity);

/**
 * Read what has been done for a space so far.
 *
 * @param space
 *   The space.
 * @param[out] stats
 *   The figures.
 */
__rte_experimental void rte_iommufd_space_stats(
	struct rte_iommufd_space *space, struct rte_iommufd_space_stats *stats);

/**
 * Keep EAL's memory mapped in a space: all of it now, and what EAL allocates and
 * frees later as it does so. Memory of external heaps
 * (rte_malloc_heap_memory_add()) is part of it; what rte_extmem_register() adds
 * is not: map that with rte_dev_dma_map() or rte_iommufd_space_map().
 *
 * Where EAL runs without memory events (--legacy-mem, --no-huge), heaps that are
 * added later are not noticed.
 *
 * Takes EAL's memory hotplug lock for reading. Best called after the first
 * device is attached: memory mapped before is entered a second time, page by
 * page, when a device brings the first page table.
 *
 * @param space
 *   The space.
 * @return
 *   0 (also when it is followed already), or
 *   - any error of rte_iommufd_space_map(); nothing stays mapped.
 */
__rte_experimental int rte_iommufd_space_follow_memory(
	struct rte_iommufd_space *space);

/**
 * Look a device up in sysfs, without opening it.
 *
 * @param device_path
 *   The device's sysfs folder, for example /sys/bus/pci/devices/0000:01:00.0.
 * @param[out] place
 *   What is found there.
 * @return
 *   0, or (neither is logged: it is an answer)
 *   - -ENODEV: there is no such device.
 *   - -EINVAL: the path is too long.
 */
__rte_experimental int rte_iommufd_device_find(
	const char *device_path, struct rte_iommufd_device_place *place);

/**
 * Open a VFIO device.
 *
 * With IOMMUFD the device is opened at /dev/vfio/devices/vfioN and bound to the
 * context: nobody else can open it until it is closed, and it can do no DMA until
 * it is attached to a space. A legacy group gives it out only when it is attached.
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
 *   - -EBUSY: opened by another process, or its group is.
 *   - -EACCES: no permission for the device's node, or wrong VF token.
 *   - -EPERM: no interrupt remapping; or the group is not viable (type1).
 *   - -EINVAL: the kernel takes no VF token on this interface (before 6.17), or
 *     another process has the device (iommufd), or the path is too long.
 *   - any error of rte_iommufd_context_choose().
 */
__rte_experimental int rte_iommufd_device_open(
	struct rte_iommufd_context *context, const char *device_path,
	const uint8_t *vf_token, struct rte_iommufd_device **device);

/**
 * Let secondary processes borrow the devices of this primary process's default
 * context (rte_iommufd_context_default()). A VFIO device can be opened only once,
 * so a secondary process has to ask for it.
 *
 * @return
 *   0 (also when that is so already, and when EAL runs without secondary
 *   processes: --in-memory, --no-shconf), or
 *   - -EINVAL: called in a secondary process, or before rte_eal_init().
 *   - another negative errno of rte_mp_action_register().
 */
__rte_experimental int rte_iommufd_process_serve(void);

/**
 * Borrow a device from the primary process, in a secondary one. The device shows
 * only its file descriptor and VFIO information; what it is attached to, and what
 * is mapped for it, is the primary's affair.
 *
 * @param device_path
 *   The device's sysfs folder, as the primary opened it.
 * @param[out] device
 *   The device; the caller ends it with rte_iommufd_device_close().
 * @return
 *   0, or
 *   - -ENOENT: the primary has not opened this device, or it is not there.
 *   - -EOPNOTSUPP: the primary does not answer: it does not use this library. Not
 *     logged.
 *   - -EINVAL: called in a primary process, or the path is too long.
 *   - -ENOMEM: out of memory.
 */
__rte_experimental int rte_iommufd_process_borrow(
	const char *device_path, struct rte_iommufd_device **device);

/**
 * Close a device; it is detached first.
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
 *   - -EBUSY: the device is being reset; or its group is in another space.
 *   - another negative errno of VFIO_DEVICE_ATTACH_IOMMUFD_PT or
 *     VFIO_GROUP_SET_CONTAINER.
 */
__rte_experimental int rte_iommufd_device_attach(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space);

/**
 * Take a device out of its address space: its DMA is refused from then on. With
 * the type1 backend its file descriptor is closed.
 *
 * @param device
 *   The device.
 * @return
 *   0, or
 *   - -EINVAL: it is not attached.
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
 * @param[out] info
 *   The answer.
 * @return
 *   0, or
 *   - -EOPNOTSUPP: the backend or the IOMMU's driver does not tell. Not logged.
 *   - another negative errno of the ioctl.
 */
__rte_experimental int rte_iommufd_device_hw_info(
	const struct rte_iommufd_device *device,
	struct rte_iommufd_hw_info *info);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_H */
