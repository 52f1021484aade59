package cassette

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"

	"github.com/kvitt/kvitt/sdk/redact"
)

// usualHeaders are the headers of answers that connectors read. Whatever else there
// is stays out: cookies, keys, and ids by which a vendor finds an account.
var usualHeaders = []string{
	"Content-Type", "Date", "Link", "Location", "Retry-After", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset",
}

// blanked are names of fields, in JSON, forms and queries, that hold personal data
// or keys wherever they stand. They are compared without regard to case, dashes and
// underscores.
var blanked = []string{
	"email", "emailaddress", "phone", "phonenumber", "mobile", "mobilenumber", "telephone", "givenname", "familyname", "firstname", "lastname",
	"fullname", "billingname", "shippingname", "cardholdername", "cardholder", "payername", "customername", "streetaddress", "streetaddress2", "street", "address", "address1", "address2",
	"addressline1", "addressline2", "postalcode", "postcode", "zip", "zipcode", "city", "dateofbirth", "birthdate", "ssn", "personalnumber", "personalidentitynumber",
	"nationalidentificationnumber", "nationalid", "ip", "ipaddress", "customerip", "shopperip", "iban", "accountholder", "cardnumber",
	"accesstoken", "refreshtoken", "idtoken", "clientsecret", "apikey", "password", "secret", "sharedsecret", "webhooksecret", "hmackey", "signature",
}

// censor takes out of a recording what must not be in a file.
type censor struct {
	secrets redact.Secrets
	known   []string // the secrets
	paths   [][]string
	headers []string
}

func newCensor(o Options) censor {
	c := censor{secrets: redact.New(o.Secrets...), known: o.Secrets, headers: append(slices.Clone(usualHeaders), o.Headers...)}
	for _, path := range o.Fields {
		c.paths = append(c.paths, strings.Split(path, "."))
	}
	return c
}

// censor is the hook by which an interaction passes on its way to the file.
func (c censor) censor(i *cassette.Interaction) error {
	kind := i.Request.Headers.Get("Content-Type")
	answering := c.knowing(i.Request.Headers)
	i.Request = cassette.Request{
		Method: i.Request.Method, URL: c.address(i.Request.URL), Body: c.body(i.Request.Body, kind),
		Proto: i.Request.Proto, ProtoMajor: i.Request.ProtoMajor, ProtoMinor: i.Request.ProtoMinor,
		Headers: c.keep(i.Request.Headers, []string{"Accept", "Content-Type"}),
	}
	answer := answering.body(i.Response.Body, i.Response.Headers.Get("Content-Type"))
	i.Response = cassette.Response{
		Code: i.Response.Code, Status: answering.secrets.In(i.Response.Status), Body: answer, ContentLength: int64(len(answer)),
		Proto: i.Response.Proto, ProtoMajor: i.Response.ProtoMajor, ProtoMinor: i.Response.ProtoMinor,
		Headers: answering.keep(i.Response.Headers, c.headers),
	}
	return nil
}

// knowing is a censor to whom the values of a request's header are secrets as well:
// credentials and signatures that are made of secrets, and that an answer may repeat.
func (c censor) knowing(h http.Header) censor {
	known := slices.Clone(c.known)
	for name, values := range h {
		if name != "Accept" && name != "Content-Type" {
			known = append(known, values...)
		}
	}
	c.secrets = redact.New(known...)
	return c
}

func (c censor) keep(all http.Header, names []string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		for _, value := range all.Values(name) {
			kept.Add(name, c.secrets.In(value))
		}
	}
	return kept
}

// address blanks a URL, with its user and the values of its query.
func (c censor) address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return redact.Mark
	}
	u.User = nil
	u.RawQuery = c.form(u.RawQuery)
	return c.secrets.In(u.String())
}

// form blanks values of a query or a form, in their order.
func (c censor) form(text string) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); err != nil || sensitive(name) {
			pairs[i] = key + "=" + url.QueryEscape(redact.Mark)
		}
	}
	return strings.Join(pairs, "&")
}

func (c censor) body(text, contentType string) string {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && kind == "application/x-www-form-urlencoded" {
		return c.secrets.In(c.form(text))
	}
	return c.secrets.In(c.json(text))
}

func sensitive(name string) bool {
	name = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	return slices.Contains(blanked, name)
}
