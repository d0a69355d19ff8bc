"""The payment page a shopper sees: plain HTML in Turkish, no script, nothing from elsewhere."""

import base64
import hashlib
from html import escape

from answers import Answer

STYLE = """
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; }
h1 { font-size: 1.35rem; line-height: 1.25; }
dl { margin: 1rem 0; padding: 1rem; border: 1px solid; border-radius: .5rem; }
dt { font-size: .875rem; }
dd { margin: 0 0 .5rem; font-weight: 600; overflow-wrap: anywhere; }
button { display: block; width: 100%; min-height: 3rem; margin: 0 0 .75rem; padding: .5rem 1rem;
  font: inherit; font-weight: 600; border: 2px solid #14532d; border-radius: .5rem;
  background: #fff; color: #14532d; cursor: pointer; }
button[name=approve] { background: #14532d; color: #fff; }
button:focus-visible, a:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px; }
"""
POLICY = ("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
          + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'")
HEADERS = (("Content-Security-Policy", POLICY), ("Cache-Control", "no-store"),
           ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"))

BUTTONS = """<form method="post">
<button type="submit" name="approve" value="1">Ödemeyi onayla</button>
<button type="submit" name="decline" value="1">Ödemeyi reddet</button>
<button type="submit" name="abandon" value="1">Ödemeden ayrıl</button>
</form>"""


def lira(kurus):
    """123450 -> 1.234,50"""
    return f"{kurus // 100:,}".replace(",", ".") + f",{kurus % 100:02d}"


def page(status, title, text, payment=None, extra=""):
    """A whole page; `extra` is HTML, everything else is text."""
    facts = f"""<dl>
<dt>Sipariş numarası</dt><dd>{escape(payment.order_id)}</dd>
<dt>Tutar</dt><dd>{lira(payment.amount_kurus)} TL</dd>
</dl>""" if payment else ""
    html = f"""<!doctype html>
<html lang="tr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{facts}
<p>{escape(text)}</p>
{extra}
</main>
</body>
</html>
"""
    return Answer(status, html.encode(), "text/html; charset=utf-8", HEADERS)


def link(url, text):
    """A paragraph with one link."""
    return f'<p><a href="{escape(url)}">{escape(text)}</a></p>'


def open_page(payment):
    return page(200, "Ödeme", "Bu bir deneme sayfasıdır; gerçek para çekilmez.", payment, BUTTONS)


def paid_page(payment, back):
    return page(200, "Bu ödeme zaten yapıldı", "Yeniden ödeme alınmadı.", payment,
                link(back, "Mağazaya dön"))


def declined_page(payment, back):
    return page(200, "Ödeme reddedildi", "Bu ödeme sayfası artık kullanılamaz.", payment,
                link(back, "Mağazaya dön"))


def left_page(payment, again):
    return page(200, "Ödemeden ayrıldınız", "Ödeme alınmadı; beklemede kaldı.", payment,
                link(again, "Ödeme sayfasına dön"))


def unknown_page():
    return page(404, "Ödeme sayfası bulunamadı", "Bağlantı geçersiz ya da süresi dolmuş.")


def unclear_page():
    return page(400, "İstek anlaşılamadı", "Lütfen ödeme sayfasındaki düğmelerden birini kullanın.")
