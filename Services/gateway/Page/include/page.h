#ifndef PARLEY_PAGE_H
#define PARLEY_PAGE_H

#include <stddef.h>

/// A file of the web client, as built into the program.
struct page_file {
  const char *path;
  const char *content_type;
  const unsigned char *bytes;
  size_t length;
};

extern const struct page_file page_files[];
extern const size_t page_files_count;

#endif
