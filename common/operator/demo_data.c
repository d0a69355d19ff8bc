#include "operator/demo_data.h"

enum { KDV_NONE = 0, KDV_FOOD = 100, KDV_TEXTILE = 1000, KDV_GENERAL = 2000 };

// clang-format off
static const char *const demo_hosts[] = {"127.0.0.1", "localhost", "demo.localhost", NULL};
static const char *const rakip_hosts[] = {"rakip.localhost", NULL};

static const struct demo_user demo_users[] = {
    {"owner@demo.test",   "Derya", "Yıldız", USER_OWNER,    0},
    {"admin@demo.test",   "Kemal", "Aksoy",  USER_ADMIN,    0},
    {"ajans@demo.test",   "Selin", "Darnı",  USER_AGENCY,   5},
    {"musteri@demo.test", "Ayşe",  "Şahin",  USER_CUSTOMER, 0},
    {0},
};
static const struct demo_user rakip_users[] = {
    {"owner@rakip.test", "Ozan", "Çetin", USER_OWNER, 0},
    {0},
};

static const struct demo_product demo_products[] = {
    {"Bakır Cezve", "bakir-cezve",
     "İki kişilik, elde dövülmüş, içi kalaylı.", {34990}, 120, {KDV_GENERAL}},
    {"İnce Belli Çay Bardağı", "ince-belli-cay-bardagi",
     "Altı bardak, altı tabak.", {18900}, 340, {KDV_GENERAL}},
    {"Türk Kahvesi 250 g", "turk-kahvesi-250-g",
     "Orta kavrulmuş, taş değirmende çekilmiş.", {14275}, 800, {KDV_FOOD}},
    {"Antep Fıstıklı Lokum", "antep-fistikli-lokum",
     "500 gram, çifte kavrulmuş.", {26450}, 260, {KDV_FOOD}},
    {"Çam Balı 850 g", "cam-bali-850-g",
     "Muğla'dan, süzme.", {31990}, 150, {KDV_FOOD}},
    {"Denizli Peştemali", "denizli-pestemali",
     "Yüzde yüz pamuk, 90 x 170 cm.", {27900}, 210, {KDV_TEXTILE}},
    {"Keten Yastık Kılıfı", "keten-yastik-kilifi",
     "El nakışlı, 43 x 43 cm.", {15950}, 95, {KDV_TEXTILE}},
    {"Kütahya Çini Kâse", "kutahya-cini-kase",
     "El boyaması, çapı 20 cm.", {42500}, 60, {KDV_GENERAL}},
    {"Zeytinyağlı Sabun", "zeytinyagli-sabun",
     "Dört kalıp, kokusuz.", {6490}, 1200, {KDV_GENERAL}},
    {"Ceviz Tavla", "ceviz-tavla",
     "Pulları ve zarlarıyla.", {89900}, 45, {KDV_GENERAL}},
    {"Nazar Boncuğu", "nazar-boncugu",
     "Duvar süsü, cam, çapı 12 cm.", {11900}, 400, {KDV_GENERAL}},
    {"Nasreddin Hoca Fıkraları", "nasreddin-hoca-fikralari",
     "Resimli, ciltli, 224 sayfa.", {9800}, 180, {KDV_NONE}},
    {"El Dokuması Kilim", "el-dokumasi-kilim",
     "Yün, kök boyalı, 90 x 140 cm. Her biri tek.", {485000}, 3, {KDV_TEXTILE}},
    {"Gümüş Telkâri Küpe", "gumus-telkari-kupe",
     "Midyat işi, 925 ayar. Yenisi yolda.", {129900}, 0, {KDV_GENERAL}},
    {0},
};
static const struct demo_product rakip_products[] = {
    {"Türk Kahvesi 250 g", "turk-kahvesi-250-g",
     "Çok kavrulmuş.", {13900}, 500, {KDV_FOOD}},
    {"Emaye Çaydanlık", "emaye-caydanlik",
     "İki katlı, kırmızı.", {74900}, 80, {KDV_GENERAL}},
    {"Pamuklu Havlu", "pamuklu-havlu",
     "50 x 90 cm, beyaz.", {12900}, 300, {KDV_TEXTILE}},
    {0},
};

static const struct demo_shipping demo_shipping[] = {
    {"Standart Kargo", "standart", {4990}, {75000}},
    {"Hızlı Kargo",    "hizli",    {9990}, {0}},
    {0},
};
static const struct demo_shipping rakip_shipping[] = {
    {"Kargo",            "kargo",  {5900}, {100000}},
    {"Mağazadan Teslim", "magaza", {0},    {0}},
    {0},
};

const struct demo_shop demo_shops[2] = {
    {"demo",  "Demo Çarşı",   demo_hosts,  demo_users,  demo_products,  demo_shipping},
    {"rakip", "Rakip Mağaza", rakip_hosts, rakip_users, rakip_products, rakip_shipping},
};
// clang-format on
