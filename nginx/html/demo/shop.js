// The demo shop: products, cart, order, payment and tracking, by the public API and nothing else.
// The order made last is kept in sessionStorage, so that it is found again after the bank's page;
// /payment/payment.js looks whether it is there.
const ORDER = 'vezne-demo-order';
const PENDING = 'pending';

const byId = (id) => document.getElementById(id);
let cart = null;
let methods = [];
let busy = false;

// ---- The API ----

class Refused extends Error {
  constructor(status, body) {
    super(body.message || 'Beklenmeyen bir hata oluştu.');
    this.status = status;
    this.fields = body.errors || {};
  }
}

async function ask(method, path, body, key) {
  const headers = { 'Accept-Language': 'tr' }; // as the page, whatever the browser prefers
  if (body) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  let answer;
  let told;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    told = await answer.json();
  } catch {
    throw new Refused(0, { message: 'Bağlantı kurulamadı. Lütfen tekrar deneyin.' });
  }
  if (!answer.ok || told.success !== true) throw new Refused(answer.status, told);
  return told;
}

// Browsers have randomUUID() on https and on the machine itself only.
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

// What is sent again because no final answer came has the key of the first try.
const keys = new Map();
async function postOnce(path, body) {
  const wish = path + JSON.stringify(body);
  if (!keys.has(wish)) keys.set(wish, newKey());
  try {
    const told = await ask('POST', path, body, keys.get(wish));
    keys.delete(wish);
    return told;
  } catch (error) {
    const open = error.status === 0 || error.status === 409 || error.status === 429 || error.status >= 500;
    if (!open) keys.delete(wish);
    throw error;
  }
}

function lastOrder() {
  try {
    return JSON.parse(sessionStorage.getItem(ORDER));
  } catch {
    return null;
  }
}

function keepOrder(order) {
  try {
    if (order) sessionStorage.setItem(ORDER, JSON.stringify(order));
    else sessionStorage.removeItem(ORDER);
  } catch {
    // a browser that keeps nothing: the number is on the page all the same
  }
}

// ---- Amounts: "1234.50" <-> 123450 ----

const kurus = (text) => Number(text.replace('.', ''));

function lira(n) {
  const whole = Math.trunc(n / 100).toLocaleString('tr-TR');
  return `${whole},${String(n % 100).padStart(2, '0')} TL`;
}

// ---- Telling ----

function clearMessages() {
  byId('error').textContent = '';
  byId('notice').textContent = '';
  for (const input of document.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    input.removeAttribute('aria-describedby');
  }
}

function labelOf(input) {
  return input.labels[0].textContent;
}

function tellError(error) {
  if (!(error instanceof Refused)) {
    byId('error').textContent = 'Beklenmeyen bir hata oluştu.';
    throw error;
  }
  const lines = [error.message];
  let first = null;
  for (const [name, text] of Object.entries(error.fields)) {
    const input = document.querySelector(`input[name="${CSS.escape(name)}"]:not([type=radio])`);
    if (input) {
      input.setAttribute('aria-invalid', 'true');
      input.setAttribute('aria-describedby', 'error');
      first ||= input;
    }
    lines.push(`${input ? labelOf(input) : name}: ${text}`);
  }
  byId('error').textContent = lines.join('\n');
  first?.focus();
}

// One thing at a time; a button that works says so.
async function doing(button, work) {
  if (busy) return;
  busy = true;
  button?.setAttribute('aria-disabled', 'true');
  clearMessages();
  try {
    await work();
  } catch (error) {
    tellError(error);
  } finally {
    busy = false;
    button?.removeAttribute('aria-disabled');
  }
}

// ---- Products and cart ----

function showProduct(product) {
  const item = byId('product').content.firstElementChild.cloneNode(true);
  const button = item.querySelector('button');
  const name = document.createElement('span');

  item.querySelector('h3').textContent = product.name;
  item.querySelector('.text').textContent = product.description;
  item.querySelector('.price').textContent = lira(kurus(product.price));
  item.querySelector('.stock').textContent = product.stock > 0 ? `Stokta ${product.stock} adet` : 'Stokta yok';
  name.className = 'hidden-text';
  name.textContent = `: ${product.name}`;
  button.append(product.stock > 0 ? 'Sepete ekle' : 'Tükendi', name);
  button.disabled = product.stock === 0;
  button.dataset.slug = product.slug;
  button.addEventListener('click', () => doing(button, async () => {
    const told = await ask('POST', '/api/cart/add/', { product_id: product.id, quantity: 1 });
    showCart(told.cart);
    byId('notice').textContent = `${product.name} sepete eklendi.`;
  }));
  return item;
}

const chosenMethod = () => methods.find((m) => m.id === document.querySelector('#methods :checked')?.value);

function shippingOf(method, subtotal) {
  const from = method.free_shipping_threshold;
  return from !== null && subtotal >= kurus(from) ? 0 : kurus(method.price);
}

function showTotals() {
  const subtotal = kurus(cart.subtotal);
  const discount = kurus(cart.discount);
  const method = chosenMethod();
  const shipping = method ? shippingOf(method, subtotal) : kurus(cart.shipping);

  byId('subtotal').textContent = lira(subtotal);
  byId('discount').textContent = `-${lira(discount)}`;
  for (const e of document.querySelectorAll('.discount')) e.hidden = discount === 0;
  byId('shipping').textContent = shipping === 0 ? 'Ücretsiz' : lira(shipping);
  byId('total').textContent = lira(subtotal - discount + shipping);
  byId('summary').textContent = cart.item_count === 0 ? 'boş'
    : `${cart.item_count} ürün, ${lira(subtotal - discount + shipping)}`;
}

function showCart(now) {
  cart = now;
  byId('lines').replaceChildren(...cart.items.map((line) => {
    const row = document.createElement('tr');
    for (const text of [line.name, line.quantity, lira(kurus(line.line_total))]) {
      row.insertCell().textContent = text;
    }
    return row;
  }));
  byId('cart').hidden = cart.items.length === 0;
  byId('cart-empty').hidden = cart.items.length > 0;
  showTotals();
}

function showMethod(method, i) {
  const choice = byId('method').content.firstElementChild.cloneNode(true);
  const input = choice.querySelector('input');
  const label = choice.querySelector('label');
  const from = method.free_shipping_threshold;

  input.id = `method-${i}`;
  input.value = method.id;
  input.checked = i === 0;
  input.addEventListener('change', showTotals);
  label.htmlFor = input.id;
  label.textContent = `${method.name}, ${kurus(method.price) === 0 ? 'ücretsiz' : lira(kurus(method.price))}`;
  if (from !== null) label.append(` (${lira(kurus(from))} ve üzeri ücretsiz)`);
  return choice;
}

// ---- Order and payment ----

// {"shipping_address.city": ...} as the API wants it: an object inside.
function orderBody() {
  const body = { cart_id: cart.id };
  for (const [name, value] of new FormData(byId('order'))) {
    const [outer, inner] = name.split('.');
    if (inner) (body[outer] ||= {})[inner] = value;
    else body[outer] = value;
  }
  return body;
}

async function pay(order) {
  const told = await postOnce('/api/payments/create/', {
    order_id: order.id, provider: 'kuveyt', customer_info: order.customer,
  });
  byId('notice').textContent = 'Banka sayfasına gidiliyor…';
  location.assign(told.payment_url);
  await new Promise(() => {}); // nothing else is begun while the page is being left
}

async function placeOrder() {
  if (!cart?.item_count) throw new Refused(0, { message: 'Önce sepete bir ürün ekleyin.' });
  const body = orderBody();
  const { order } = await postOnce('/api/orders/', body);
  const kept = {
    id: order.id,
    number: order.order_number,
    customer: {
      email: body.customer_email,
      name: `${body.customer_first_name} ${body.customer_last_name}`,
      phone: body.customer_phone,
    },
  };
  keepOrder(kept);
  try {
    await pay(kept);
  } catch (error) { // the order is there all the same, and can be paid later
    await Promise.allSettled([loadCart(), track(kept.number)]);
    throw error;
  }
}

async function track(number) {
  const { order } = await ask('GET', `/api/orders/track/${encodeURIComponent(number)}/`);
  const kept = lastOrder();
  const date = new Date(order.created_at);

  byId('number').value = order.order_number;
  byId('tracked-number').textContent = order.order_number;
  byId('tracked-status').textContent = order.status_display;
  byId('tracked-payment').textContent = order.payment_status_display;
  byId('tracked-parcel').textContent = order.tracking_number || 'henüz yok';
  byId('tracked-date').textContent = date.toLocaleString('tr-TR', {
    dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Istanbul',
  });
  byId('tracked-total').textContent = lira(kurus(order.total));
  byId('tracked').hidden = false;
  byId('pay-again').hidden = kept?.number !== order.order_number || order.status !== PENDING
    || order.payment_status === 'paid';
}

// ---- Start ----

async function loadCart() {
  showCart((await ask('GET', '/api/cart/')).cart);
}

async function load() {
  const [products, shipping, told] = await Promise.all([
    ask('GET', '/api/public/products/'), ask('GET', '/api/shipping-methods/'), ask('GET', '/api/cart/'),
  ]);
  byId('products').replaceChildren(...products.products.map(showProduct));
  methods = shipping.shipping_methods;
  byId('methods').replaceChildren(...methods.map(showMethod));
  showCart(told.cart);
}

async function showLastOrder() {
  const kept = lastOrder();
  if (!kept) return;
  try {
    await track(kept.number);
  } catch (error) {
    if (error.status === 404) keepOrder(null); // of a database that is gone
    else throw error;
  }
}

byId('order').addEventListener('submit', (event) => {
  event.preventDefault();
  doing(byId('pay'), placeOrder);
});
byId('track').addEventListener('submit', (event) => {
  event.preventDefault();
  byId('tracked').hidden = true;
  byId('pay-again').hidden = true;
  doing(event.submitter, () => track(byId('number').value.trim().toUpperCase()));
});
byId('pay-again').addEventListener('click', () => doing(byId('pay-again'), () => pay(lastOrder())));
// "Back" from the bank shows the page as it was left: in the middle of something.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

await doing(null, async () => {
  await load();
  await showLastOrder();
});
byId('shop').hidden = false;
if (location.hash === '#takip') {
  byId('takip').scrollIntoView();
  byId('track-title').focus({ preventScroll: true });
}
