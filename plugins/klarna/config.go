package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what the merchant has entered, and of what the hub asks for.
const (
	// CodeSettings: a setting of the connection makes no sense.
	CodeSettings fault.Code = "klarna.settings_invalid"
	// CodeCredentials: a credential is missing.
	CodeCredentials fault.Code = "klarna.credentials_invalid"
	// CodeKeyEnvironment: the API key says that it belongs to another environment.
	CodeKeyEnvironment fault.Code = "klarna.key_environment"
	// CodeOrderID: what is asked for cannot be the id of an order.
	CodeOrderID fault.Code = "klarna.order_id_invalid"
)

// The values of settings.
const (
	live       = "live"
	playground = "playground"
	auto       = "auto"
	klarna     = "klarna"
	kustom     = "kustom"
)

// settings are the connection's settings, see settings.schema.json.
type settings struct {
	Region            string `json:"region"`
	Environment       string `json:"environment"`
	Platform          string `json:"platform"`
	SettlementBaseURL string `json:"settlement_base_url"`
	CallbackParameter string `json:"callback_parameter"`
}

// account is one merchant id at Klarna, as a call names it.
type account struct {
	settings
	merchantID string
	username   string
	apiKey     string
}

// readAccount reads the connection. The hub has held both parts against their
// schemas; a connector answers for itself all the same.
func readAccount(c ports.Connection) (account, error) {
	a := account{settings: settings{Region: "eu", Environment: live, Platform: auto}}
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &a.settings); err != nil {
			return account{}, fault.Invalid(CodeSettings, "settings", "the settings do not follow their schema").From(fault.Connector)
		}
	}
	for _, choice := range []struct {
		field, value string
		known        []string
	}{
		{"region", a.Region, []string{"eu", "na", "oc"}},
		{"environment", a.Environment, []string{live, playground}},
		{"platform", a.Platform, []string{auto, klarna, kustom}},
		{"settlement_base_url", a.SettlementBaseURL, append(hosts(), "")},
	} {
		if !slices.Contains(choice.known, choice.value) {
			return account{}, fault.Invalid(CodeSettings, "settings."+choice.field, "this is not one of the choices").From(fault.Connector)
		}
	}
	a.merchantID, a.username, a.apiKey = c.Credentials["merchant_id"], c.Credentials["username"], c.Credentials["api_key"]
	switch {
	case a.merchantID == "":
		return account{}, fault.Invalid(CodeCredentials, "credentials.merchant_id", "the merchant id is missing").From(fault.Connector)
	case a.apiKey == "" || strings.ContainsAny(a.apiKey, " \t\r\n"):
		return account{}, fault.Invalid(CodeCredentials, "credentials.api_key", "the API key is missing or has spaces in it").From(fault.Connector)
	case strings.ContainsAny(a.username, ": \t\r\n"):
		return account{}, fault.Invalid(CodeCredentials, "credentials.username", "a username has no colon and no spaces").From(fault.Connector)
	}
	return a, nil
}

// keyEnvironment is the environment that a key names in its prefix
// (klarna_<live|test>_api_…, kco_<live|test>_api_…), "" for older keys.
func (a account) keyEnvironment() string {
	_, rest, found := strings.Cut(a.apiKey, "_")
	switch {
	case !found || !strings.HasPrefix(a.apiKey, "klarna_") && !strings.HasPrefix(a.apiKey, "kco_"):
		return ""
	case strings.HasPrefix(rest, "live_"):
		return live
	case strings.HasPrefix(rest, "test_"):
		return playground
	}
	return ""
}

// keyFits compares the key with the chosen environment, so that a mistake is told
// before the key is sent to where it does not belong.
func (a account) keyFits() error {
	if of := a.keyEnvironment(); of != "" && of != a.Environment {
		return fault.New(CodeKeyEnvironment, fault.Auth, "the API key belongs to "+of+", the settings say "+a.Environment).
			From(fault.Connector).WithField("credentials.api_key").
			WithRemedy("choose the environment of the key, or enter a key of the chosen one")
	}
	return nil
}

// onPlatform says whose hosts to call. Merchants of the former Klarna Checkout,
// now Kustom, are known by their key or by an id that begins with M or PM
// (Kustom's developer pages, and the rule of the public order plugins).
func (a account) onPlatform() string {
	if a.Platform != auto {
		return a.Platform
	}
	moved := func(id string) bool { return strings.HasPrefix(id, "M") || strings.HasPrefix(id, "PM") }
	if strings.HasPrefix(a.apiKey, "kco_") || moved(a.username) || moved(a.merchantID) {
		return kustom
	}
	return klarna
}

func (a account) orders() string { return baseURL(a.Region, a.Environment, a.onPlatform()) }

func (a account) settlements() string {
	if a.SettlementBaseURL != "" {
		return a.SettlementBaseURL
	}
	return a.orders()
}

// baseURL is api[-na|-oc][.playground].klarna.com, or kustom.co.
func baseURL(region, environment, platform string) string {
	host := "https://api"
	if region != "eu" {
		host += "-" + region
	}
	if environment == playground {
		host += ".playground"
	}
	if platform == kustom {
		return host + ".kustom.co"
	}
	return host + ".klarna.com"
}

// hosts lists every base URL that the connector may call.
func hosts() []string {
	var all []string
	for _, platform := range []string{klarna, kustom} {
		for _, environment := range []string{live, playground} {
			for _, region := range []string{"eu", "na", "oc"} {
				all = append(all, baseURL(region, environment, platform))
			}
		}
	}
	return all
}
