// What applications do with Stripe's SDK for Node, area by area, on a served emulator.
//
// node stripe_node.cjs FOLDER PORT: FOLDER is that of the package, of any major version.
// Prints a line for each area; exits 1 if one failed.

const assert = require("node:assert/strict");
const http = require("node:http");

const [folder, port] = process.argv.slice(2);
const Stripe = require(folder);
const major = Number(require(`${folder}/package.json`).version.split(".")[0]);
const key = `sk_test_node${major}`;
const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const address = { protocol: "http", host: "127.0.0.1", port: Number(port), httpAgent };
const stripe = new Stripe(key, { ...address, maxNetworkRetries: 2 });

// API versions that SDKs of these majors ask for.
const beforeClover = major < 19;
const beforeBasil = major < 18;

const refused = (call, wanted) =>
  assert.rejects(call, (error) => {
    for (const [name, value] of Object.entries(wanted)) assert.equal(error[name], value, name);
    return true;
  });

const everyOne = async (list) => {
  const ids = [];
  for await (const one of list) ids.push(one.id);
  return ids;
};

const areas = {
  async "create, retrieve, update, delete"() {
    const made = await stripe.products.create({
      name: "Pro",
      description: "für € 日本",
      images: ["https://example.com/a.png"],
      shippable: false,
      metadata: { kept: "1", gone: "2" },
    });
    assert.equal((await stripe.products.retrieve(made.id)).description, "für € 日本");
    const changed = await stripe.products.update(made.id, {
      description: "",
      metadata: { gone: "", added: "3" },
    });
    assert.equal(changed.description, null);
    assert.deepEqual({ ...changed.metadata }, { kept: "1", added: "3" });
    assert.equal((await stripe.products.del(made.id)).deleted, true);
    await refused(() => stripe.products.retrieve(made.id), {
      type: "StripeInvalidRequestError",
      statusCode: 404,
      code: "resource_missing",
      param: "id",
    });
  },

  async "ids with spaces and slashes in paths"() {
    const id = "a b/ü?%";
    await stripe.coupons.create({ id, percent_off: 5, duration: "forever" });
    assert.equal((await stripe.coupons.retrieve(id)).id, id);
    assert.equal((await stripe.coupons.del(id)).deleted, true);
  },

  async "pages, both ways"() {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_, number) => stripe.coupons.create({ name: `n${number}`, percent_off: 1 })),
    );
    assert.equal(new Set(await everyOne(stripe.coupons.list({ limit: 10 }))).size, made.length);
    assert.equal((await stripe.coupons.list({ limit: 4 }).autoPagingToArray({ limit: 100 })).length, made.length);
    const whole = await everyOne(stripe.coupons.list({ limit: 100 }));
    const back = await everyOne(stripe.coupons.list({ limit: 7, ending_before: whole[20] }));
    assert.deepEqual(back, whole.slice(0, 20).reverse());
  },

  async "prices: keys, tiers, expansions, search"() {
    const price = await stripe.prices.create({
      currency: "usd",
      product_data: { name: "Plan" },
      recurring: { interval: "month" },
      billing_scheme: "tiered",
      tiers_mode: "graduated",
      tiers: [
        { up_to: 10, unit_amount: 100 },
        { up_to: "inf", unit_amount_decimal: "0.5" },
      ],
      lookup_key: "plan_monthly",
      expand: ["product", "tiers"],
    });
    assert.equal(price.product.name, "Plan");
    assert.equal(price.tiers.length, 2);
    const [found] = (await stripe.prices.list({ lookup_keys: ["plan_monthly"], expand: ["data.product"] })).data;
    assert.equal(found.product.id, price.product.id);
    const searched = await everyOne(stripe.products.search({ query: "name:'Plan'" }));
    assert.deepEqual(searched, [price.product.id]);
    await refused(() => stripe.products.create({ name: "X", colour: "red" }), {
      code: "parameter_unknown",
      param: "colour",
    });
  },

  async "idempotency keys"() {
    const params = { percent_off: 10, duration: "once" };
    const first = await stripe.coupons.create(params, { idempotencyKey: "one" });
    const again = await stripe.coupons.create(params, { idempotencyKey: "one" });
    assert.equal(again.id, first.id);
    assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
    await refused(() => stripe.coupons.create({ percent_off: 9 }, { idempotencyKey: "one" }), {
      type: "StripeIdempotencyError",
    });
  },

  async "promotion codes in the form of the version"() {
    const coupon = (await stripe.coupons.create({ percent_off: 20, duration: "once" })).id;
    const params = beforeClover ? { coupon } : { promotion: { type: "coupon", coupon } };
    const code = await stripe.promotionCodes.create({ ...params, code: `HI${major}` });
    assert.equal(beforeClover ? code.coupon.id : code.promotion.coupon, coupon);
  },

  async "subscriptions in the form of the version"() {
    const customer = (await stripe.customers.create({ email: "a@example.com" })).id;
    const price = await stripe.prices.create({
      currency: "usd",
      unit_amount: 900,
      product_data: { name: "Monthly" },
      recurring: { interval: "month" },
    });
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id, quantity: 2 }],
      trial_period_days: 7,
      expand: ["customer", "items.data.price.product"],
    });
    assert.equal(made.status, "trialing");
    assert.equal(made.customer.id, customer);
    assert.equal(made.items.data[0].price.product.name, "Monthly");
    assert.ok(beforeBasil ? made.current_period_end : made.items.data[0].current_period_end);
    assert.equal((await stripe.subscriptions.cancel(made.id)).status, "canceled");
  },

  async "a customer portal and a payment link"() {
    const product = (await stripe.products.create({ name: "Shown" })).id;
    const price = (await stripe.prices.create({
      currency: "eur",
      unit_amount: 500,
      product,
      recurring: { interval: "year" },
    })).id;
    const portal = await stripe.billingPortal.configurations.create({
      business_profile: { headline: "Your plan" },
      features: {
        customer_update: { enabled: true, allowed_updates: ["email", "address"] },
        invoice_history: { enabled: true },
        payment_method_update: { enabled: true },
        subscription_cancel: { enabled: true, mode: "at_period_end" },
        subscription_update: {
          enabled: true,
          default_allowed_updates: ["price"],
          products: [{ product, prices: [price] }],
        },
      },
    });
    assert.equal(portal.features.customer_update.allowed_updates.length, 2);
    const link = await stripe.paymentLinks.create({ line_items: [{ price, quantity: 1 }] });
    assert.equal((await stripe.paymentLinks.listLineItems(link.id)).data[0].price.id, price);
  },

  async "webhook endpoints, events and signatures"() {
    const url = "https://example.com/hook";
    const made = await stripe.webhookEndpoints.create({ url, enabled_events: ["product.created"] });
    const [event] = (await stripe.events.list({ type: "product.created", limit: 1 })).data;
    assert.equal((await stripe.events.retrieve(event.id)).data.object.object, "product");
    const payload = JSON.stringify(event);
    const header = stripe.webhooks.generateTestHeaderString({ payload, secret: made.secret });
    assert.equal(stripe.webhooks.constructEvent(payload, header, made.secret).id, event.id);
    assert.equal((await stripe.webhookEndpoints.del(made.id)).deleted, true);
  },

  async "connected accounts"() {
    const account = await stripe.accounts.create({ type: "express", country: "US" });
    const there = { stripeAccount: account.id };
    const made = await stripe.products.create({ name: "Theirs" }, there);
    assert.deepEqual(await everyOne(stripe.products.list({ limit: 100 }, there)), [made.id]);
    await refused(() => stripe.products.retrieve(made.id), { statusCode: 404 });
    await refused(() => stripe.products.list({}, { stripeAccount: "acct_none" }), {
      statusCode: 403,
    });
  },

  async "files, where the SDK sends them to its host"() {
    if (major < 22) return; // older ones send uploads to Stripe, whatever host is set
    const data = Buffer.from("89504e470d0a1a0a", "hex");
    const file = { data, name: "a.png", type: "application/octet-stream" };
    assert.equal((await stripe.files.create({ purpose: "business_logo", file })).size, data.length);
  },

  async "v2"() {
    if (!stripe.v2?.core?.eventDestinations) return;
    const service = stripe.v2.core.eventDestinations;
    const made = await service.create({
      name: "All",
      type: "webhook_endpoint",
      event_payload: "snapshot",
      enabled_events: ["product.created"],
      webhook_endpoint: { url: "https://example.com/v2" },
      include: ["webhook_endpoint.signing_secret"],
    });
    assert.ok(made.webhook_endpoint.signing_secret);
    assert.deepEqual(await everyOne(service.list({ limit: 1 })), [made.id]);
    assert.equal((await service.disable(made.id)).status, "disabled");
    await service.del(made.id);
  },

  async "the HTTP client of fetch"() {
    const httpClient = Stripe.createFetchHttpClient();
    const fetching = new Stripe(key, { ...address, httpAgent: undefined, httpClient });
    assert.equal((await fetching.coupons.list({ limit: 1 })).data.length, 1);
  },

  async "what is not emulated, and a wrong key"() {
    await refused(() => stripe.paymentIntents.create({ amount: 100, currency: "usd" }), {
      type: "StripeInvalidRequestError",
    });
    await refused(() => new Stripe("nonsense", address).products.list(), {
      type: "StripeAuthenticationError",
      statusCode: 401,
    });
  },
};

async function main() {
  for (const [name, run] of Object.entries(areas)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`FAILED ${name}: ${error.stack}`);
    }
  }
  httpAgent.destroy();
}

main();
