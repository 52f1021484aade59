package client

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// refusals tell what Fortnox means. A code that nobody has documented is a no for
// good.
func refusals() upstream.Refusals {
	return upstream.Refusals{
		Read:  readRefusal,
		Codes: meanings(),
		Phrases: []upstream.Phrase{
			{Contains: "räkenskapsår", Meaning: upstream.Meaning{Code: CodeYearMissing, Class: fault.Validation, Remedy: RemedyYear}},
			// Its code is not documented: "Kunde inte hämta/hitta moms".
			{Contains: "hitta moms", Meaning: vatRateMissing()},
			{Contains: "hämta moms", Meaning: vatRateMissing()},
		},
		Unknown: map[int]upstream.Meaning{
			http.StatusNotFound: {Code: CodeNotFound, Class: fault.NotFound},
			0: {
				Code: CodeRefused, Class: fault.Validation,
				Remedy: "look up Fortnox's message; what it names must be corrected in Fortnox or in the settings",
			},
		},
		Trace: "X-Uid",
	}
}

func vatRateMissing() upstream.Meaning {
	return upstream.Meaning{
		Code: CodeVATRateMissing, Class: fault.Validation,
		Remedy: "add the rate with its VAT code and account in Fortnox (Inställningar, Bokföring, Momskoder), then retry",
	}
}

// readRefusal understands the shapes in which Fortnox refuses: ErrorInformation
// with capital or small keys, {"message"} of the gateway, and {"error",
// "error_description"} of the token service, all by whatever content type.
func readRefusal(answer upstream.Answer) upstream.Said {
	var body struct {
		ErrorInformation *struct {
			Message string // encoding/json reads "message" as well
			Code    Int
		}
		Message     string `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	said := upstream.Said{Trace: answer.Header.Get("X-Uid")}
	if json.Unmarshal(answer.Body, &body) != nil {
		return said
	}
	if body.ErrorInformation == nil {
		said.Message = cmp.Or(body.Message, body.Description, body.Error)
		return said
	}
	said.Message = body.ErrorInformation.Message
	if code := int(body.ErrorInformation.Code); code != 0 {
		said.Code = strconv.Itoa(code)
	}
	return said
}
