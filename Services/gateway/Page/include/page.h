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

/// The file with this number, from 0 on; NULL past the last one.
const struct page_file *page_file_at(size_t number);

#endif
