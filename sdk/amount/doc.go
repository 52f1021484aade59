// Package amount turns the many ways in which payment providers write money into
// exact amounts, or says why it cannot: decimal texts with point or comma, minor
// units with a provider's own idea of decimals, signs that stand in a column or in
// the type of a row, and fees with VAT in them. Nothing is ever rounded unasked.
//
// Amounts in kvitt carry the effect on the merchant's money: what the merchant
// gets is positive, what is taken negative.
package amount
