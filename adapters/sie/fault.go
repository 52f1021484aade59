package sie

import (
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of SIE files. The field names line, label and field; the value itself is
// never repeated, since a text may hold personal data.
const (
	// CodeTooLarge: the file is larger than any year of books should be.
	CodeTooLarge fault.Code = "sie.too_large"
	// CodeNotSIE: the bytes are something else than a SIE file.
	CodeNotSIE fault.Code = "sie.not_sie"
	// CodeWrongType: the file has no vouchers, it is of type 1, 2 or 3.
	CodeWrongType fault.Code = "sie.wrong_type"
	// CodeRecord: a record is malformed, lacks a field or stands in the wrong place.
	CodeRecord fault.Code = "sie.invalid_record"
	// CodeAccount: an account number is not a number.
	CodeAccount fault.Code = "sie.invalid_account"
	// CodeAmount: an amount or a quantity is not a number of the standard.
	CodeAmount fault.Code = "sie.invalid_amount"
	// CodeDate: a date is not a day of the calendar.
	CodeDate fault.Code = "sie.invalid_date"
	// CodeCurrency: the currency is unknown or comes after amounts.
	CodeCurrency fault.Code = "sie.invalid_currency"
	// CodeUnpairedRow: an added row is not followed by its twin.
	CodeUnpairedRow fault.Code = "sie.unpaired_row"
	// CodeUnbalanced: the rows of a voucher do not add up to 0.
	CodeUnbalanced fault.Code = "sie.unbalanced_voucher"
	// CodeBalance: balances and vouchers contradict each other.
	CodeBalance fault.Code = "sie.balance_differs"
	// CodeTruncated: the end of the file is missing.
	CodeTruncated fault.Code = "sie.truncated"
	// CodeChecksum: the file was changed after its checksum was computed.
	CodeChecksum fault.Code = "sie.wrong_checksum"
)

const remedyExportAgain = "export the file again, and do not edit it by hand"

// fault gives a fault about a field of the record, or about the record as a whole
// if no field is named.
func (r record) fault(code fault.Code, field, reason string) *fault.Error {
	at := fmt.Sprintf("line %d", r.line)
	if r.label != "" {
		at += " " + r.label
	}
	if field != "" {
		at += " " + field
	}
	return fault.Invalid(code, at, reason).WithRemedy(remedyExportAgain)
}
