/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DSDT: a VMBus under a module device whose _CRS carries the windows that pci-hyperv takes its
 * BARs from (vmm.h VMM_MMIO_LOW, VMM_MMIO_HIGH), and S5 for power-off.
 * hv_vmbus looks for _HID "VMBUS"; that it is no valid EISA or ACPI id is known (iasl -vw 6033).
 */
DefinitionBlock ("dsdt.aml", "DSDT", 2, "ACNLAB", "LAB", 1)
{
	Name (\_S5, Package () { 5, 5, 0, 0 })
	Scope (\_SB)
	{
		Device (VMOD)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					     NonCacheable, ReadWrite,
					     0, 0xD0000000, 0xDFFFFFFF, 0, 0x10000000)
				QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					     Cacheable, ReadWrite,
					     0, 0x1000000000, 0x10FFFFFFFF, 0, 0x100000000)
			})
			Device (VMBS)
			{
				Name (_HID, "VMBUS")
				Name (_UID, 0)
				Name (_STA, 0xF)
				Name (_CRS, ResourceTemplate ()
				{
					IRQ (Edge, ActiveHigh, Exclusive) {5}
				})
			}
		}
	}
}
