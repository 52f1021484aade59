package company

import "net/http"

// Refusal is an answer of Fortnox that says no: an HTTP status, an error code
// and a Swedish message.
type Refusal struct {
	Status  int
	Code    int
	Message string
}

// Error makes a refusal an error.
func (r *Refusal) Error() string { return r.Message }

// Codes that Fortnox documents or was seen to answer with.
const (
	CodeBadAccept         = 1000030
	CodeBadContentType    = 1000031
	CodeNotNumeric        = 2000108
	CodeNoCustomer        = 2000204
	CodeCharacters        = 2000359
	CodeLocked            = 2000401
	CodeNoAccount         = 2000423
	CodeNoCurrency        = 2000427
	CodeNoTerms           = 2000429
	CodeCustomerNotFound  = 2000433
	CodeNoInvoice         = 2000434
	CodeNoOrder           = 2000439
	CodeInactiveAccount   = 2000550
	CodeBadFilter         = 2000587
	CodeBadParameter      = 2000588
	CodeCustomerTaken     = 2000637
	CodeNoScope           = 2000663
	CodeBeforeInvoice     = 2001089
	CodeNoScopeLicence    = 2001101
	CodeNoLicence         = 2001103
	CodeNoArticle         = 2001302
	CodeNoRowAccount      = 2001304
	CodeBadBody           = 2001392
	CodeUnknownField      = 2001399
	CodeMissingField      = 2001795
	CodeBadJSON           = 2002115
	CodeFullyPaid         = 2003055
	CodeInvoiceIncomplete = 2003498
	CodeRowWithoutText    = 2003977
)

// Stand-ins: the situation is known, the real code is not. A client must take
// any unknown code with status 400 for a permanent no.
const (
	CodeNotFound        = 2999001
	CodeNoYear          = 2999002
	CodeUnbalanced      = 2999003
	CodeNotManual       = 2999004
	CodeNoSeries        = 2999005
	CodeTooManyRows     = 2999006
	CodeTooLong         = 2999007
	CodeNoMode          = 2999008
	CodeInvoiceUnbooked = 2999009
	CodeInvoiceCanceled = 2999010
	CodeAlreadyBooked   = 2999011
	CodeBookedPayment   = 2999012
	CodeExceedsBalance  = 2999013
	CodeWrongSign       = 2999014
	CodeAmountMismatch  = 2999015
	CodeFileConnected   = 2999016
	CodeOutsideYear     = 2999017
	CodeTooFewRows      = 2999018
	CodeCredited        = 2999019
	CodeCashMethod      = 2999020
	CodeNoVATRate       = 2999021
	CodeOrderClosed     = 2999022
	CodeNoRow           = 2999023
	CodeBadChoice       = 2999024
)

func refuse(code int, message string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Message: message}
}

func missing(code int, message string) *Refusal {
	return &Refusal{Status: http.StatusNotFound, Code: code, Message: message}
}
