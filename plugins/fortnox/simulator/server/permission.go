package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

// scopeOf is the scope that a resource belongs to.
func scopeOf(path string) string {
	resource, _, _ := strings.Cut(strings.TrimPrefix(path, "/3/"), "/")
	switch resource {
	case "settings", "predefinedaccounts", "modesofpayments", "termsofpayments":
		return "settings"
	case "accounts", "voucherseries", "financialyears", "vouchers", "sie":
		return "bookkeeping"
	case "invoices":
		return "invoice"
	case "invoicepayments":
		return "payment"
	case "orders":
		return "order"
	case "customers":
		return "customer"
	case "currencies":
		return "currency"
	case "voucherfileconnections":
		return "connectfile"
	default:
		return resource
	}
}

// licenceOf is the licence that a company needs for a scope.
func licenceOf(scope string) string {
	switch scope {
	case "bookkeeping", "connectfile":
		return "bookkeeping"
	case "invoice", "payment", "customer", "currency":
		return "invoicing"
	case "inbox":
		return "archive"
	default:
		return ""
	}
}

// permitted checks what the token may reach and what the company has bought.
func (s *Server) permitted(path string, granted claims) *company.Refusal {
	scope := scopeOf(path)
	missing := s.company.Switches.MissingLicences
	switch {
	case slices.Contains(missing, "integration"):
		return &company.Refusal{
			Status: http.StatusBadRequest, Code: company.CodeNoLicence, Message: "Api-licens saknas.",
		}
	case slices.Contains(missing, scope), licenceOf(scope) != "" && slices.Contains(missing, licenceOf(scope)):
		return &company.Refusal{
			Status: http.StatusBadRequest, Code: company.CodeNoScopeLicence,
			Message: "Det finns ingen aktiv licens för önskat scope.",
		}
	case slices.Contains(allScopes(), scope) && !slices.Contains(granted.Scopes, scope):
		return &company.Refusal{
			Status: http.StatusForbidden, Code: company.CodeNoScope, Message: "Har inte behörighet för scope.",
		}
	}
	return nil
}
