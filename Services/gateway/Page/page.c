#include "page.h"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char style_css[] = {
#embed "style.css"
};
static const unsigned char icon_svg[] = {
#embed "icon.svg"
};
static const unsigned char client_js[] = {
#embed "client.js"
};
static const unsigned char client_connection_js[] = {
#embed "client/connection.js"
};
static const unsigned char client_errors_js[] = {
#embed "client/errors.js"
};
static const unsigned char client_feed_js[] = {
#embed "client/feed.js"
};
static const unsigned char client_link_js[] = {
#embed "client/link.js"
};
static const unsigned char client_outbox_js[] = {
#embed "client/outbox.js"
};
static const unsigned char client_policy_js[] = {
#embed "client/policy.js"
};
static const unsigned char client_requests_js[] = {
#embed "client/requests.js"
};
static const unsigned char client_rooms_js[] = {
#embed "client/rooms.js"
};
static const unsigned char client_sender_js[] = {
#embed "client/sender.js"
};
static const unsigned char client_session_js[] = {
#embed "client/session.js"
};
static const unsigned char page_js[] = {
#embed "page.js"
};
static const unsigned char page_composer_js[] = {
#embed "page/composer.js"
};
static const unsigned char page_conversation_js[] = {
#embed "page/conversation.js"
};
static const unsigned char page_dialogs_js[] = {
#embed "page/dialogs.js"
};
static const unsigned char page_dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char page_history_js[] = {
#embed "page/history.js"
};
static const unsigned char page_links_js[] = {
#embed "page/links.js"
};
static const unsigned char page_memberships_js[] = {
#embed "page/memberships.js"
};
static const unsigned char page_people_js[] = {
#embed "page/people.js"
};
static const unsigned char page_rooms_js[] = {
#embed "page/rooms.js"
};
static const unsigned char page_sidebar_js[] = {
#embed "page/sidebar.js"
};
static const unsigned char page_signin_js[] = {
#embed "page/signin.js"
};
static const unsigned char page_status_js[] = {
#embed "page/status.js"
};
static const unsigned char page_store_js[] = {
#embed "page/store.js"
};
static const unsigned char page_timeline_js[] = {
#embed "page/timeline.js"
};
static const unsigned char page_words_js[] = {
#embed "page/words.js"
};

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define JS "text/javascript; charset=utf-8"
#define SVG "image/svg+xml"

static const struct page_file page_files[] = {
    {"/", HTML, index_html, sizeof index_html},
    {"/style.css", CSS, style_css, sizeof style_css},
    {"/icon.svg", SVG, icon_svg, sizeof icon_svg},
    {"/client.js", JS, client_js, sizeof client_js},
    {"/client/connection.js", JS, client_connection_js, sizeof client_connection_js},
    {"/client/errors.js", JS, client_errors_js, sizeof client_errors_js},
    {"/client/feed.js", JS, client_feed_js, sizeof client_feed_js},
    {"/client/link.js", JS, client_link_js, sizeof client_link_js},
    {"/client/outbox.js", JS, client_outbox_js, sizeof client_outbox_js},
    {"/client/policy.js", JS, client_policy_js, sizeof client_policy_js},
    {"/client/requests.js", JS, client_requests_js, sizeof client_requests_js},
    {"/client/rooms.js", JS, client_rooms_js, sizeof client_rooms_js},
    {"/client/sender.js", JS, client_sender_js, sizeof client_sender_js},
    {"/client/session.js", JS, client_session_js, sizeof client_session_js},
    {"/page.js", JS, page_js, sizeof page_js},
    {"/page/composer.js", JS, page_composer_js, sizeof page_composer_js},
    {"/page/conversation.js", JS, page_conversation_js, sizeof page_conversation_js},
    {"/page/dialogs.js", JS, page_dialogs_js, sizeof page_dialogs_js},
    {"/page/dom.js", JS, page_dom_js, sizeof page_dom_js},
    {"/page/history.js", JS, page_history_js, sizeof page_history_js},
    {"/page/links.js", JS, page_links_js, sizeof page_links_js},
    {"/page/memberships.js", JS, page_memberships_js, sizeof page_memberships_js},
    {"/page/people.js", JS, page_people_js, sizeof page_people_js},
    {"/page/rooms.js", JS, page_rooms_js, sizeof page_rooms_js},
    {"/page/sidebar.js", JS, page_sidebar_js, sizeof page_sidebar_js},
    {"/page/signin.js", JS, page_signin_js, sizeof page_signin_js},
    {"/page/status.js", JS, page_status_js, sizeof page_status_js},
    {"/page/store.js", JS, page_store_js, sizeof page_store_js},
    {"/page/timeline.js", JS, page_timeline_js, sizeof page_timeline_js},
    {"/page/words.js", JS, page_words_js, sizeof page_words_js},
};

const struct page_file *page_file_at(size_t number) {
  return number < sizeof page_files / sizeof page_files[0] ? &page_files[number] : NULL;
}
