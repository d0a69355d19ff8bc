// The page a payer comes back to: asks how the payment stands and says so. Nothing in the address
// is believed but the name of the transaction.
const PAUSE_MS = 2000;
const QUESTIONS = 30;

const state = document.getElementById('state');
const transaction = new URLSearchParams(location.search).get('transaction_id');

function show(text, className) {
  state.textContent = text;
  state.className = className;
}

// "1234.50" -> "1.234,50 TL"
function lira(amount) {
  return `${amount.replace('.', ',').replace(/\B(?=(\d{3})+,)/g, '.')} TL`;
}

function showPayment(payment) {
  document.getElementById('amount').textContent = lira(payment.amount);
  document.getElementById('number').textContent = payment.payment_number;
  document.getElementById('details').hidden = false;
}

// The demo shop remembers its order here (demo/shop.js); other shops have pages of their own.
function cameFromDemo() {
  try {
    return sessionStorage.getItem('vezne-demo-order') !== null;
  } catch {
    return false;
  }
}

async function ask() {
  const answer = await fetch('/api/payments/verify/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Accept-Language': 'tr' },
    body: JSON.stringify({ transaction_id: transaction }),
  });
  return { status: answer.status, body: await answer.json() };
}

// Answers true when there is nothing more to wait for.
async function look() {
  const { status, body } = await ask();
  if (status === 200) {
    show('Ödemeniz alındı. Teşekkür ederiz.', 'paid');
    showPayment(body.payment);
    return true;
  }
  if (status === 400 || status === 404) {
    show(body.message, 'failed');
    return true;
  }
  show('Ödemeniz kontrol ediliyor…', '');
  return false;
}

async function watch() {
  for (let n = 0; n < QUESTIONS; n += 1) {
    try {
      if (await look()) return;
    } catch {
      show('Bağlantı kurulamadı, yeniden deneniyor…', '');
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  show('Sonuç henüz belli değil. Siparişinizi sipariş numaranızla takip edebilirsiniz.', '');
}

document.getElementById('shop').hidden = !cameFromDemo();
if (transaction) watch();
else show('Ödeme bulunamadı.', 'failed');
