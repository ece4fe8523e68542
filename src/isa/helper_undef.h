/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends one expansion of helper.def; included many times, so without a guard. */
#undef HELPER0
#undef HELPERQ0
#undef HELPER1
#undef HELPERQ1
#undef HELPER2
#undef HELPERQ2
#undef HELPER3
#undef HELPERQ3
#undef HELPER4
#undef HELPERQ4
#undef HELPER5
#undef HELPERQ5
