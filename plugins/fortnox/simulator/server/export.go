package server

import (
	"net/http"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/sie"
)

// exportSIE answers type 4, the only one that has every voucher. The published
// schema writes the parameter as financialYear, everybody else in small letters.
func exportSIE(c *call) (answer, *company.Refusal) {
	if c.PathValue("type") != "4" {
		return answer{}, badParameter()
	}
	if id := c.query.values.Get("financialYear"); id != "" && !c.query.values.Has("financialyear") {
		c.query.values.Set("financialyear", id)
	}
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	file := sie.Export(sie.Header{
		Program: "Fortnox simulator", Version: "1.0", Company: c.company.Profile.Name,
		OrganizationNumber: c.company.Profile.OrganizationNumber, Generated: c.company.Today(),
	}, c.company.Books, year.ID)
	return answer{status: http.StatusOK, file: file}, nil
}
