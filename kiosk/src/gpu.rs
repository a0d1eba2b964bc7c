//! Finding a graphics adapter and opening it, with or without a window.

use wgpu::{
    Adapter, Device, DeviceDescriptor, Instance, InstanceDescriptor, Limits, MemoryHints,
    PowerPreference, Queue, RequestAdapterOptions, Surface,
};

/// An opened graphics adapter.
pub struct Gpu {
    /// The adapter that was chosen.
    pub adapter: Adapter,
    /// Makes resources.
    pub device: Device,
    /// Takes work.
    pub queue: Queue,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No driver offered anything.
    #[error(
        "no graphics adapter was found; install a Vulkan driver (Debian and Ubuntu: libvulkan1 mesa-vulkan-drivers) \
         or an OpenGL one (libegl1 libgl1-mesa-dri)"
    )]
    NoAdapter(#[from] wgpu::RequestAdapterError),
    /// The adapter was found but does not open.
    #[error("the graphics adapter {adapter:?} cannot be opened")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// What the driver said.
        source: wgpu::RequestDeviceError,
    },
}

impl Gpu {
    /// The best adapter that needs no display server; software rendering will do.
    pub fn headless() -> Result<Self, GpuError> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle_from_env());
        Self::open(&instance, None)
    }

    /// The best adapter that can present to `surface`.
    ///
    /// Real hardware is preferred to software whatever its interface: an old mini-PC may offer OpenGL from its chip and Vulkan
    /// only from software.
    pub fn open(instance: &Instance, surface: Option<&Surface<'_>>) -> Result<Self, GpuError> {
        let adapter = pollster::block_on(instance.request_adapter(&RequestAdapterOptions {
            power_preference: PowerPreference::HighPerformance,
            force_fallback_adapter: false,
            compatible_surface: surface,
            apply_limit_buckets: false,
        }))?;
        let descriptor = DeviceDescriptor {
            label: Some("gantry"),
            required_limits: Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits()),
            memory_hints: MemoryHints::MemoryUsage,
            ..DeviceDescriptor::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|source| {
                GpuError::NoDevice {
                    adapter: adapter.get_info().name,
                    source,
                }
            })?;
        Ok(Self {
            adapter,
            device,
            queue,
        })
    }

    /// The adapter's name and interface, for people: `llvmpipe … (Vulkan)`.
    pub fn name(&self) -> String {
        let info = self.adapter.get_info();
        format!("{} ({})", info.name, info.backend)
    }
}
