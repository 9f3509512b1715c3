/* What a kernel with IOMMUFD has in its generated/autoconf.h; included after that of the distribution's kernel. */
#define CONFIG_IOMMUFD_MODULE 1
#define CONFIG_IOMMUFD_DRIVER_CORE 1
#define CONFIG_IOMMUFD_DRIVER 1
#define CONFIG_VFIO_DEVICE_CDEV 1
#define CONFIG_VFIO_NOIOMMU 1
#define CONFIG_IOMMUFD_NOIOMMU 1
#define CONFIG_INTERVAL_TREE_SPAN_ITER 1
