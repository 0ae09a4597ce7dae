#include "page.h"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char style_css[] = {
#embed "style.css"
};
static const unsigned char client_js[] = {
#embed "client.js"
};
static const unsigned char page_js[] = {
#embed "page.js"
};

const struct page_file page_files[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/style.css", "text/css; charset=utf-8", style_css, sizeof style_css},
    {"/client.js", "text/javascript; charset=utf-8", client_js, sizeof client_js},
    {"/page.js", "text/javascript; charset=utf-8", page_js, sizeof page_js},
};
const size_t page_files_count = sizeof page_files / sizeof page_files[0];
