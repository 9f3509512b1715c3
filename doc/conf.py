# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What sphinx-build makes of this folder: the guides. `devtools/lab guides` calls it, with warnings as errors."""

project = "dpdk-iommufd"
author = copyright = "The dpdk-iommufd authors"  # pylint: disable=redefined-builtin

extensions = ["myst_parser", "sphinx.ext.graphviz"]
root_doc = "guides/index"
include_patterns = ["*.md", "**/*.md"]
myst_heading_anchors = 4
graphviz_output_format = "svg"
nitpicky = True

html_theme = "alabaster"
html_theme_options = {"description": "DPDK on Linux IOMMUFD", "page_width": "1100px", "fixed_sidebar": True}
html_copy_source = False
html_show_sphinx = False
