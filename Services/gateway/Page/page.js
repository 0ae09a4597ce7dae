import { ParleyClient } from "./client.js";
import { Composer } from "./page/composer.js";
import { Dialogs } from "./page/dialogs.js";
import { byID } from "./page/dom.js";
import { People } from "./page/people.js";
import { Rooms } from "./page/rooms.js";
import { Sidebar } from "./page/sidebar.js";
import { SignIn } from "./page/signin.js";
import { Status } from "./page/status.js";
import { TokenStore } from "./page/store.js";
import { Timeline } from "./page/timeline.js";

// The page's assembly: what there is, and who talks to whom.

const store = new TokenStore();
const client = new ParleyClient({ store });
const signIn = new SignIn(client, store);
new Status(client);

const timeline = new Timeline({
  older: () => rooms.loadOlder(),
  // The button that was pressed is gone.
  retry: (key) => {
    rooms.retry(key);
    composer.focus();
  },
  edit: (key) => rooms.edit(key),
  discard: (key) => {
    rooms.discard(key);
    composer.focus();
  },
});
const composer = new Composer({
  send: (content) => rooms.send(content),
  typing: (isTyping) => rooms.typing(isTyping),
  longest: () => client.limits?.content_chars ?? Infinity,
});
const people = new People(client, (user) => rooms.writeTo(user));
const sidebar = new Sidebar((room) => rooms.open(room));
const rooms = new Rooms(client, { timeline, composer, people, sidebar }, store);
const dialogs = new Dialogs({
  find: () => rooms.others(),
  join: (room) => rooms.join(room),
  create: (room) => rooms.create(room),
  write: (user) => rooms.writeTo(user),
  entered: () => composer.focus(),
});

let isInside = false;
client.addEventListener("session", ({ detail: { user } }) => (user ? enter(user) : leave()));
byID("logout").addEventListener("click", () => client.logout());

function enter(user) {
  if (isInside) return;
  isInside = true;
  signIn.hide();
  byID("me").textContent = user.id;
  byID("me").title = user.name ?? user.id;
  byID("chat").hidden = false;
  byID("room-name").focus();
  rooms.begin(user.id);
  client.connect({ rejoin: { recent: 0 } });
}

function leave() {
  const wasInside = isInside;
  isInside = false;
  dialogs.close();
  rooms.end();
  byID("chat").hidden = true;
  signIn.show(wasInside ? "You are signed out." : "");
}

if (!client.restore()) signIn.show();
